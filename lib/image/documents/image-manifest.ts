/**
 * Image manifests, Docker's schema 2 and OCI's: a config and the layers, base first.
 */
import * as t from 'io-ts'
import { type Descriptor, DescriptorCodec, descriptorOf } from './descriptor.js'
import type { Digest } from '../digest/digest.js'
import { type JsonDocument, readJson } from '../../codec/json.js'
import { listOf } from '../../codec/list-of.js'
import { mediaTypes } from './media-types.js'
import { filledIn, orElse, record } from '../../codec/record-codec.js'
import { type StringMap, StringMapCodec } from '../../codec/string-map.js'

export interface ImageManifest {
  readonly schemaVersion: 2
  readonly mediaType?: string
  readonly artifactType?: string
  readonly config: Descriptor
  /** Base first; a digest may stand more than once. None of an image that has only a config. */
  readonly layers: readonly Descriptor[]
  readonly subject?: Descriptor
  readonly annotations?: StringMap
}

/** No digest may have two sizes: which of them is fetched would depend on the reader. */
function checkLayers(layers: readonly Descriptor[]): string | undefined {
  const sizes = new Map<string, number>()
  for (const { digest, size } of layers) {
    const before = sizes.get(digest) ?? size
    if (before !== size) return `${digest} is said to have ${before} bytes and ${size} bytes`
    sizes.set(digest, size)
  }
  return undefined
}

const name = 'an image manifest'

const config = descriptorOf(mediaTypes.ociConfig, 'an image config')
/** Such a type says nothing, so that the bytes of the layer tell how it is compressed. */
const layer = descriptorOf('application/octet-stream', 'a layer')

/** Unknown fields are kept (image-spec manifest.md; distribution manifest-v2-2). */
export const ImageManifestCodec: t.Type<ImageManifest, unknown> = record(
  name,
  {
    schemaVersion: filledIn<2>(t.literal(2), 2, '2'),
    config,
    layers: orElse(listOf(layer, 'a list of layers', checkLayers), []),
  },
  {
    mediaType: t.string,
    artifactType: t.string,
    subject: DescriptorCodec,
    annotations: StringMapCodec,
  },
)

/** A manifest whose digest has been checked, such as a stored one. Throws the document's code, `MANIFEST_INVALID`. */
export const parseImageManifest = (bytes: Uint8Array, document: Partial<JsonDocument> = {}): ImageManifest =>
  readJson(bytes, ImageManifestCodec, { code: 'MANIFEST_INVALID', what: name, ...document })

/** What has to be had for the image: the config and each layer once, in manifest order. */
export function blobsOf({ config, layers }: ImageManifest): Descriptor[] {
  const seen = new Set<Digest>()
  return [config, ...layers].filter(({ digest }) => !seen.has(digest) && seen.add(digest))
}
