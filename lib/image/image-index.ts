/**
 * Image indexes and manifest lists: one name, a manifest for each platform.
 */
import * as t from 'io-ts'
import { type Descriptor, DescriptorCodec } from './descriptor.js'
import { type JsonDocument, readJson } from './json.js'
import { listOf } from './list-of.js'
import { type StringMap, StringMapCodec } from './string-map.js'

export interface ImageIndex {
  readonly schemaVersion: 2
  readonly mediaType?: string
  readonly artifactType?: string
  readonly manifests: readonly Descriptor[]
  readonly subject?: Descriptor
  readonly annotations?: StringMap
}

const name = 'an image index'

/** Unknown fields are kept (image-spec image-index.md; distribution manifest lists). */
export const ImageIndexCodec: t.Type<ImageIndex, unknown> = t.intersection(
  [
    t.type({ schemaVersion: t.literal(2), manifests: listOf(DescriptorCodec, 'a list of manifests') }, name),
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

/** An index from a file or a store, such as a layout's `index.json`. Throws the document's code, `MANIFEST_INVALID`. */
export const parseImageIndex = (bytes: Uint8Array, document: Partial<JsonDocument> = {}): ImageIndex =>
  readJson(bytes, ImageIndexCodec, { code: 'MANIFEST_INVALID', what: name, ...document })
