/**
 * The table of contents as eStargz defines it (stargz-snapshotter, docs/estargz.md), with the additions of
 * containers/storage. A field that is `null` counts as missing.
 */
import * as t from 'io-ts'
import { isObject } from '../../codec/json-object.js'
import { listOf } from '../../codec/list-of.js'
import { record } from '../../codec/record-codec.js'

/** One entry of a table. `type` determines which other fields are used. */
export interface TocEntry {
  readonly name: string
  /**
   * `dir`, `reg`, `symlink`, `hardlink`, `char`, `block`, `fifo`, or `chunk`: a further chunk of the file before it.
   */
  readonly type: string
  /** Bytes of a file. */
  readonly size?: number
  /** RFC 3339. */
  readonly modtime?: string
  readonly linkName?: string
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  readonly devMajor?: number
  readonly devMinor?: number
  /** Values in base64. */
  readonly xattrs?: Readonly<Record<string, string>>
  /** Digest of the content of a file. */
  readonly digest?: string
  /** Position in the blob of the gzip member or zstd frame in which the content begins. */
  readonly offset?: number
  /** Position in the blob after the last frame of a file. Only containers/storage writes it. */
  readonly endOffset?: number
  /** Number of uncompressed bytes in the member before the content, if several chunks share the member. */
  readonly innerOffset?: number
  /** Position of a chunk in the file. */
  readonly chunkOffset?: number
  /** Bytes of a chunk; 0 or absent for the last one. */
  readonly chunkSize?: number
  /** Digest of a chunk. */
  readonly chunkDigest?: string
}

const isText = (value: unknown): boolean => typeof value === 'string'
const isNotNegative = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0
const isMapOfTexts = (value: unknown): boolean => isObject(value) && Object.values(value).every(isText)

/** The optional fields, each with a function that validates its value. */
const optionalFields: readonly (readonly [
  Exclude<keyof TocEntry, 'name' | 'type'>,
  (value: unknown) => boolean,
])[] = [
  ['size', isNotNegative],
  ['modtime', isText],
  ['linkName', isText],
  ['mode', isNotNegative],
  ['uid', isNotNegative],
  ['gid', isNotNegative],
  ['devMajor', isNotNegative],
  ['devMinor', isNotNegative],
  ['xattrs', isMapOfTexts],
  ['digest', isText],
  ['offset', isNotNegative],
  ['endOffset', isNotNegative],
  ['innerOffset', isNotNegative],
  ['chunkOffset', isNotNegative],
  ['chunkSize', isNotNegative],
  ['chunkDigest', isText],
]

/**
 * Codec of an entry. An invalid field makes the whole table invalid, because the fields determine which bytes are read.
 */
const TocEntryCodec = new t.Type<TocEntry, unknown, unknown>(
  'an entry of a table of contents',
  (value): value is TocEntry => readEntry(value) !== undefined,
  (value, context) => {
    const entry = readEntry(value)
    return entry === undefined ? t.failure(value, context) : t.success(entry)
  },
  t.identity,
)

/** Codec of a table. Unknown fields of the table are kept, those of its entries are dropped. */
export const TocCodec = record(
  'a table of contents',
  { version: t.literal(1), entries: listOf(TocEntryCodec, 'a list of entries') },
  {},
)

/** Reads an entry without io-ts, which would be slow for a table with hundreds of thousands of entries. */
function readEntry(value: unknown): TocEntry | undefined {
  if (!isObject(value)) return undefined
  const { name, type } = value
  if (typeof name !== 'string' || typeof type !== 'string') return undefined
  const entry: Record<string, unknown> = { name, type }
  for (const [key, isValid] of optionalFields) {
    if (!Object.hasOwn(value, key)) continue
    const field = value[key]
    if (field === null || field === undefined) continue
    if (!isValid(field)) return undefined
    entry[key] = field
  }
  return entry as unknown as TocEntry // name and type, and only fields that are valid
}
