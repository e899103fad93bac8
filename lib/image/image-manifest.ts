/**
 * Image manifests, Docker's schema 2 and OCI's: a config and the layers, base first.
 */
import * as t from 'io-ts'
import { type Descriptor, DescriptorCodec } from './descriptor.js'
import type { Digest } from './digest.js'
import { type JsonDocument, readJson } from './json.js'
import { listOf } from './list-of.js'
import { type StringMap, StringMapCodec } from './string-map.js'

export interface ImageManifest {
  readonly schemaVersion: 2
  readonly mediaType?: string
  readonly artifactType?: string
  readonly config: Descriptor
  /** Base first; a digest may stand more than once. */
  readonly layers: readonly Descriptor[]
  readonly subject?: Descriptor
  readonly annotations?: StringMap
}

/** At least one layer (S0-44), and no digest with two sizes. */
function checkLayers(layers: readonly Descriptor[]): string | undefined {
  if (layers.length === 0) return 'expected at least one layer, got none'
  const sizes = new Map<string, number>()
  for (const { digest, size } of layers) {
    const before = sizes.get(digest) ?? size
    if (before !== size) return `${digest} is said to have ${before} bytes and ${size} bytes`
    sizes.set(digest, size)
  }
  return undefined
}

const name = 'an image manifest'

/** Unknown fields are kept (image-spec manifest.md; distribution manifest-v2-2). */
export const ImageManifestCodec: t.Type<ImageManifest, unknown> = t.intersection(
  [
    t.type(
      {
        schemaVersion: t.literal(2),
        config: DescriptorCodec,
        layers: listOf(DescriptorCodec, 'a list of layers', checkLayers),
      },
      name,
    ),
    t.partial(
      {
        mediaType: t.string,
        artifactType: t.string,
        subject: DescriptorCodec,
        annotations: StringMapCodec,
      },
      name,
    ),
  ],
  name,
)

/** A manifest whose digest has been checked, such as a stored one. Throws the document's code, `MANIFEST_INVALID`. */
export const parseImageManifest = (bytes: Uint8Array, document: Partial<JsonDocument> = {}): ImageManifest =>
  readJson(bytes, ImageManifestCodec, { code: 'MANIFEST_INVALID', what: name, ...document })

/** What has to be had for the image: the config and each layer once, in manifest order (S0-25, S0-26). */
export function blobsOf({ config, layers }: ImageManifest): Descriptor[] {
  const seen = new Set<Digest>()
  return [config, ...layers].filter(({ digest }) => !seen.has(digest) && seen.add(digest))
}
