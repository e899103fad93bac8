/**
 * Finds the table of contents of a layer from the annotations of its descriptor. The annotations are part of a verified
 * manifest and contain the digest of the table, so a table with that digest can be trusted.
 */
import { type Digest, isDigest } from '../../image/digest/digest.js'
import type { Descriptor } from '../../image/documents/descriptor.js'

/** The table of an eStargz layer: the last entry of its archive. The footer of the blob contains its position. */
export interface EstargzReference {
  readonly format: 'estargz'
  /** Digest of the uncompressed table. */
  readonly tocDigest: Digest
}

/** The table of a zstd:chunked layer, in a skippable frame. */
export interface ZstdChunkedReference {
  readonly format: 'zstd:chunked'
  /** Position of the compressed table in the blob. */
  readonly offset: number
  /** Bytes of the compressed table. */
  readonly length: number
  /** Bytes of the uncompressed table. */
  readonly size: number
  /** Digest of the compressed table. */
  readonly checksum: Digest
  /** Digest of the uncompressed table, which stargz-snapshotter states as well. */
  readonly tocDigest: Digest | undefined
}

/** How to find and verify the table of a layer. */
export type TocReference = EstargzReference | ZstdChunkedReference

/** The result for annotations that are present but invalid. */
export interface UnusableToc {
  /** A clause: `its position is "x"`. */
  readonly problem: string
}

/** Annotation with the digest of the uncompressed table: eStargz, and zstd:chunked of stargz-snapshotter. */
const tocDigestKey = 'containerd.io/snapshot/stargz/toc.digest'

/** Prefixes of the annotations of zstd:chunked: of containers/storage, and of stargz-snapshotter. */
const chunkedPrefixes = ['io.github.containers.zstd-chunked.', 'io.containers.zstd-chunked.'] as const

/** The only type of a table in `manifest-position`. */
const tocType = 1

/** Returns the reference to the table of a layer; undefined if its descriptor names none. */
export function tocReferenceOf({
  annotations = {},
  size,
}: Pick<Descriptor, 'annotations' | 'size'>): TocReference | UnusableToc | undefined {
  const value = (key: string): string | undefined =>
    Object.hasOwn(annotations, key) ? annotations[key] : undefined
  const tocDigest = value(tocDigestKey)
  if (tocDigest !== undefined && !isDigest(tocDigest)) return { problem: 'its digest is malformed' }
  const prefix = chunkedPrefixes.find((each) => value(`${each}manifest-checksum`) !== undefined)
  if (prefix === undefined) return tocDigest === undefined ? undefined : { format: 'estargz', tocDigest }
  const checksum = value(`${prefix}manifest-checksum`) ?? ''
  if (!isDigest(checksum)) return { problem: 'its checksum is not a digest' }
  const position = positionOf(value(`${prefix}manifest-position`) ?? '')
  if (position === undefined) return { problem: 'its position is malformed' }
  if (position.offset + position.length > size) return { problem: 'its position is outside of the layer' }
  return { format: 'zstd:chunked', ...position, checksum, tocDigest }
}

/** Parses `offset:compressed length:uncompressed length:type`. */
function positionOf(text: string): Pick<ZstdChunkedReference, 'offset' | 'length' | 'size'> | undefined {
  if (!/^\d{1,15}:\d{1,15}:\d{1,15}:\d{1,3}$/.test(text)) return undefined
  const [offset = 0, length = 0, size = 0, type] = text.split(':').map(Number)
  return type === tocType && length > 0 ? { offset, length, size } : undefined
}
