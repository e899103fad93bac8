/**
 * Image indexes and manifest lists: one name, a manifest for each platform.
 */
import * as t from 'io-ts'
import { type Descriptor, DescriptorCodec } from './descriptor.js'
import { IndexEntriesCodec, type UnusableEntry } from './index-entries.js'
import { type JsonDocument, decodeJson, parseJson } from '../../codec/json.js'
import { filledIn, orElse, record } from '../../codec/record-codec.js'
import { type StringMap, StringMapCodec } from '../../codec/string-map.js'

export interface ImageIndex {
  readonly mediaType?: string
  readonly artifactType?: string
  readonly manifests: readonly Descriptor[]
  /** Entries that are left out of every choice. */
  readonly unusable: readonly UnusableEntry[]
  readonly subject?: Descriptor
  readonly annotations?: StringMap
}

const name = 'an image index'

/** As it stands in the document (image-spec image-index.md; distribution manifest lists). */
export const ImageIndexCodec = record(
  name,
  {
    schemaVersion: filledIn<2>(t.literal(2), 2, '2'),
    manifests: orElse(IndexEntriesCodec, { usable: [], unusable: [] }),
  },
  {
    mediaType: t.string,
    artifactType: t.string,
    subject: DescriptorCodec,
    annotations: StringMapCodec,
  },
)

/** The index that a parsed document is. Throws the document's code. */
export function indexOf(value: unknown, document: JsonDocument): ImageIndex {
  const { manifests, mediaType, artifactType, subject, annotations } = decodeJson(
    ImageIndexCodec,
    value,
    document,
  )
  return {
    manifests: manifests.usable,
    unusable: manifests.unusable,
    ...(mediaType === undefined ? {} : { mediaType }),
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(subject === undefined ? {} : { subject }),
    ...(annotations === undefined ? {} : { annotations }),
  }
}

/** An index from a file or a store, such as a layout's `index.json`. Throws the document's code, `MANIFEST_INVALID`. */
export function parseImageIndex(bytes: Uint8Array, document: Partial<JsonDocument> = {}): ImageIndex {
  const about = { code: 'MANIFEST_INVALID', what: name, ...document } as const
  return indexOf(parseJson(bytes, about), about)
}
