/** Finds the content of a file in the blob of a layer, and the digests of its chunks. */
import { type Digest, isDigest } from '../../image/digest/digest.js'
import type { TarEntry } from '../tar/entry.js'
import { quotedLatin1 } from '../tar/refusal.js'
import { invalidTocError } from './refusal.js'
import type { TocEntry } from './toc-codec.js'

/** A chunk of a file. It is verified as a whole before it is passed on. */
export interface Chunk {
  /** Uncompressed bytes. */
  readonly size: number
  readonly digest: Digest
}

/** The content of a file. The chunks follow each other without gaps. */
export interface FileContent {
  /** Position in the blob of the first gzip member or zstd frame. */
  readonly offset: number
  /** Uncompressed bytes of the first member before the content. */
  readonly innerOffset: number
  /** Position in the blob of the first byte after the content. */
  readonly end: number
  readonly chunks: readonly Chunk[]
}

/**
 * The positions of the first and the last member (gzip) or frame (zstd) of a file. `end` may be unknown: see
 * `contentsOf`.
 */
export interface FileSpan extends Omit<FileContent, 'end'> {
  readonly path: string
  readonly end: number | undefined
  /** Position in the blob of the last member or frame. */
  readonly lastOffset: number
  /** Uncompressed bytes of the last member before the last chunk. */
  readonly lastInnerOffset: number
}

/** Maximum size of a chunk, which is held in memory until it is verified. Real chunks have about 64 KiB or 4 MiB. */
const maxChunkBytes = 64 * 1024 * 1024

/**
 * Returns the span of a file out of its entry and the entries of its further chunks.
 * @param dataEnd the position in the blob at which the content of files ends
 * @throws WindlassError LAYER_INVALID when the chunks do not make up the file, or lie outside of the layer
 */
export function spanOf(entries: readonly TocEntry[], { path, size }: TarEntry, dataEnd: number): FileSpan {
  const refuse = (what: string): never => {
    throw invalidTocError(`${quotedLatin1(path)} ${what}`)
  }
  const chunks: Chunk[] = []
  const [first] = entries
  const { offset = 0, innerOffset = 0, endOffset, digest } = first!
  if (size === 0)
    return {
      path,
      offset,
      innerOffset,
      lastOffset: offset,
      lastInnerOffset: innerOffset,
      end: endOffset,
      chunks,
    }
  let position = 0
  let lastOffset = offset
  let lastInnerOffset = innerOffset
  for (const entry of entries) {
    const { offset: at = 0, innerOffset: innerAt = 0, chunkOffset = 0, chunkSize = 0 } = entry
    if (chunkOffset !== position) refuse('has chunks with gaps between them')
    if (at < lastOffset || (entry !== first && at === lastOffset && innerAt <= lastInnerOffset))
      refuse('has chunks that are out of order')
    if (at >= dataEnd) refuse('has content outside of the layer')
    const isLast = entry === entries.at(-1)
    const length = chunkSize === 0 && isLast ? size - chunkOffset : chunkSize
    if (length <= 0 || position + length > size) refuse('has chunks of another size than the file')
    if (length > maxChunkBytes) refuse(`has a chunk of ${length} bytes`)
    if (innerAt > maxChunkBytes) refuse(`has a chunk that begins ${innerAt} bytes into its member`)
    const statedDigest = entry.chunkDigest ?? (entries.length === 1 ? digest : undefined)
    if (!isDigest(statedDigest)) throw invalidTocError(`${quotedLatin1(path)} has a chunk without a digest`)
    chunks.push({ size: length, digest: statedDigest })
    position += length
    lastOffset = at
    lastInnerOffset = innerAt
  }
  if (position !== size) refuse('has chunks of another size than the file')
  if (endOffset !== undefined && (endOffset <= lastOffset || endOffset > dataEnd))
    refuse('has content outside of the layer')
  return { path, offset, innerOffset, lastOffset, lastInnerOffset, end: endOffset, chunks }
}

/**
 * Returns the content of each span. A span ends at the position in the table, or where the content of another file
 * begins.
 * @param offsets the positions of all chunks
 * @throws WindlassError LAYER_INVALID when two spans overlap
 */
export function contentsOf(
  spans: readonly FileSpan[],
  offsets: readonly number[],
  dataEnd: number,
): ReadonlyMap<FileSpan, FileContent> {
  const sorted = [...spans].filter(({ chunks }) => chunks.length > 0)
  sorted.sort((a, b) => a.offset - b.offset || a.innerOffset - b.innerOffset)
  const starts = [...new Set(offsets), dataEnd].sort((a, b) => a - b)
  const contents = new Map<FileSpan, FileContent>()
  let start = 0
  for (const [at, span] of sorted.entries()) {
    const { offset, innerOffset, lastOffset, lastInnerOffset, chunks, path } = span
    const next = sorted[at + 1]
    if (
      next &&
      (next.offset < lastOffset || (next.offset === lastOffset && next.innerOffset <= lastInnerOffset))
    )
      throw invalidTocError(
        `the content of ${quotedLatin1(path)} overlaps that of ${quotedLatin1(next.path)}`,
      )
    // The spans are in order and do not overlap, so this passes over each position once.
    while (starts[start]! <= lastOffset) start++
    const end = span.end ?? starts[start]!
    if (next && next.offset > lastOffset && end > next.offset)
      throw invalidTocError(
        `the content of ${quotedLatin1(path)} overlaps that of ${quotedLatin1(next.path)}`,
      )
    contents.set(span, { offset, innerOffset, end, chunks })
  }
  return contents
}
