/** Image manifests: Docker's schema 2 (distribution manifest-v2-2) and OCI's (image-spec manifest.md). */
import * as t from 'io-ts'
import { type Descriptor, DescriptorCodec, descriptorCodecWithDefault } from './descriptor.js'
import type { Digest } from '../digest/digest.js'
import { type JsonDocument, readJson } from '../../codec/json.js'
import { listOf } from '../../codec/list-of.js'
import { formatCount } from '../../quantities.js'
import { mediaTypes } from './media-types.js'
import { withNoticedDefault, withSilentDefault, record } from '../../codec/record-codec.js'
import { type StringMap, StringMapCodec } from '../../codec/string-map.js'

/** A config and its layers. */
export interface ImageManifest {
  readonly schemaVersion: 2
  readonly mediaType?: string
  readonly artifactType?: string
  readonly config: Descriptor
  /** Base layer first. A digest may occur more than once. Empty if the image has only a config. */
  readonly layers: readonly Descriptor[]
  readonly subject?: Descriptor
  readonly annotations?: StringMap
}

/**
 * Returns a message if a digest is listed with two sizes, otherwise undefined. Tools could disagree on which size such
 * a layer must have.
 */
function layerSizeProblem(layers: readonly Descriptor[]): string | undefined {
  const sizes = new Map<string, number>()
  for (const { digest, size } of layers) {
    const before = sizes.get(digest) ?? size
    if (before !== size)
      return `${digest} is listed with two sizes, ${formatCount(before, 'byte')} and ${formatCount(size, 'byte')}`
    sizes.set(digest, size)
  }
  return undefined
}

const documentName = 'an image manifest'

const configCodec = descriptorCodecWithDefault(mediaTypes.ociConfig, 'an image config')
/** The default is a generic type, so that the content of the layer determines its compression. */
const layerCodec = descriptorCodecWithDefault('application/octet-stream', 'a layer')

/** Codec for an image manifest. Unknown fields are kept. */
export const ImageManifestCodec: t.Type<ImageManifest, unknown> = record(
  documentName,
  {
    schemaVersion: withNoticedDefault<2>(t.literal(2), 2, '2'),
    config: configCodec,
    layers: withSilentDefault(listOf(layerCodec, 'a list of layers', layerSizeProblem), []),
  },
  {
    mediaType: t.string,
    artifactType: t.string,
    subject: DescriptorCodec,
    annotations: StringMapCodec,
  },
)

/**
 * Parses a manifest whose digest has been verified, such as one from the store.
 * @throws MANIFEST_INVALID, or the code of `document`, if it is not an image manifest
 */
export const parseImageManifest = (bytes: Uint8Array, document: Partial<JsonDocument> = {}): ImageManifest =>
  readJson(bytes, ImageManifestCodec, { code: 'MANIFEST_INVALID', what: documentName, ...document })

/** Returns the blobs of an image: the config and the layers in manifest order, each digest once. */
export function blobsOf({ config, layers }: ImageManifest): Descriptor[] {
  const seen = new Set<Digest>()
  return [config, ...layers].filter(({ digest }) => !seen.has(digest) && seen.add(digest))
}
