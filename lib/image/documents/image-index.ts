/** Image indexes and Docker manifest lists: a name with one manifest per platform. */
import * as t from 'io-ts'
import { type Descriptor, DescriptorCodec } from './descriptor.js'
import { IndexEntriesCodec, type UnusableEntry } from './index-entries.js'
import { type JsonDocument, decodeJson, parseJson } from '../../codec/json.js'
import { withNoticedDefault, withSilentDefault, record } from '../../codec/record-codec.js'
import { type StringMap, StringMapCodec } from '../../codec/string-map.js'

/** A decoded index. */
export interface ImageIndex {
  readonly mediaType?: string
  readonly artifactType?: string
  /** The valid entries, in the order of the index. */
  readonly manifests: readonly Descriptor[]
  /** Entries that cannot be used. They are never chosen. */
  readonly unusable: readonly UnusableEntry[]
  readonly subject?: Descriptor
  readonly annotations?: StringMap
}

const documentName = 'an image index'

/** Codec for an index document (image-spec image-index.md; Docker manifest lists). */
export const ImageIndexCodec = record(
  documentName,
  {
    schemaVersion: withNoticedDefault<2>(t.literal(2), 2, '2'),
    manifests: withSilentDefault(IndexEntriesCodec, { usable: [], unusable: [] }),
  },
  {
    mediaType: t.string,
    artifactType: t.string,
    subject: DescriptorCodec,
    annotations: StringMapCodec,
  },
)

/**
 * Decodes a parsed document as an index.
 * @throws the code of `document` if it is not an index
 */
export function decodeIndex(value: unknown, document: JsonDocument): ImageIndex {
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

/**
 * Parses an index from a file or a store, such as `index.json` of an image layout.
 * @throws MANIFEST_INVALID, or the code of `document`, if it is not an index
 */
export function parseImageIndex(bytes: Uint8Array, document: Partial<JsonDocument> = {}): ImageIndex {
  const about = { code: 'MANIFEST_INVALID', what: documentName, ...document } as const
  return decodeIndex(parseJson(bytes, about), about)
}
