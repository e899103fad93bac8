/** An image for each seed, in the forms in which a registry may have it. */
import { mediaTypes } from '../../../lib/image/index.js'
import {
  type BuiltDocument,
  type BuiltImage,
  type BuiltIndex,
  type ImageTarget,
  buildImage,
  buildIndex,
  putImage,
} from '../../../lib/testing/index.js'
import { buildDocument } from '../../../lib/testing/images/build-image.js'
import { schema1Payload, topConfig } from '../../../testbench/documents/schema1-images.js'

export const platform = { os: 'linux', architecture: 'amd64' }

/** The forms of a sample. */
export const kinds = ['image', 'index', 'nested', 'nameless', 'schema1'] as const
export type SampleKind = (typeof kinds)[number]

const layer = (name: string) => ({ entries: [{ path: name, content: `this is ${name}` }] })

/** Returns an image of two layers: one that a third of all images have, and one that only the images of `seed` have. */
export const sampleImage = (seed: number): BuiltImage =>
  buildImage({
    layers: [layer(`shared-${seed % 3}`), layer(`own-${seed}`)],
    compression: (['gzip', 'none', 'zstd'] as const)[seed % 3]!,
    platform,
  })

const otherPlatform = buildImage({ layers: [], platform: { os: 'linux', architecture: 's390x' } })

const withOther = (child: BuiltImage | BuiltIndex): BuiltIndex => buildIndex([otherPlatform, child])

/** Returns an index whose entries do not state their platforms. */
function namelessIndex(image: BuiltImage): BuiltDocument {
  const entryOf = ({ manifest: { mediaType, digest, size } }: BuiltImage) => ({ mediaType, digest, size })
  const manifests = [otherPlatform, image].map(entryOf)
  return buildDocument(mediaTypes.ociIndex, { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests })
}

/** Puts the image of `seed` into `target` as `kind` says. Returns its tag. */
export async function putSample(target: ImageTarget, kind: SampleKind, seed: number): Promise<string> {
  const tag = `${kind}-${seed}`
  const image = sampleImage(seed)
  const put = (top: BuiltImage | BuiltIndex): Promise<void> => putImage(target, 'app', tag, top)
  if (kind === 'index') await put(withOther(image))
  else if (kind === 'nested') await put(withOther(withOther(image)))
  else await put(image)
  if (kind === 'nameless') {
    await putImage(target, 'app', 'other', otherPlatform)
    const { bytes, mediaType } = namelessIndex(image)
    await target.putManifest('app', tag, bytes, mediaType)
  }
  if (kind === 'schema1') {
    const entries = image.layers.map(({ digest }, at) => ({ blob: digest, ...(at > 0 && { v1: topConfig }) }))
    await target.putManifest('app', tag, schema1Payload(entries), mediaTypes.dockerSchema1)
  }
  return tag
}

/** Returns the sample that a name refers to. The tag says which one it is. */
export function sampleOf(name: string): {
  readonly kind: SampleKind
  readonly seed: number
  readonly image: BuiltImage
} {
  const [, kind, seed] = /:(\w+)-(\d+)$/.exec(name)!
  return { kind: kind as SampleKind, seed: Number(seed), image: sampleImage(Number(seed)) }
}
