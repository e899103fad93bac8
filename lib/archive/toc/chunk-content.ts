/** Reads one file of a layer by its table of contents: fetches one range, decompresses it, and verifies each chunk. */
import { Readable, pipeline } from 'node:stream'
import { decompressor } from '../../bytes/compression/decompress.js'
import { destroyAndWait } from '../../bytes/destroy-and-wait.js'
import type { RandomAccessBlob } from '../../bytes/random-access.js'
import { WindlassError } from '../../errors.js'
import { algorithmOf, digestOf } from '../../image/digest/digest.js'
import { quotedLatin1 } from '../tar/refusal.js'
import type { Chunk, FileContent } from './file-content.js'
import type { Toc } from './read-toc.js'
import { invalidTocError } from './refusal.js'

/** A file to read. */
export interface ChunkedFile {
  /** For messages. */
  readonly path: string
  readonly content: FileContent
  readonly compression: Toc['compression']
}

/**
 * Yields the content of a file, one verified chunk at a time. Closes the request when the reader stops.
 * @throws WindlassError DIGEST_MISMATCH instead of yielding a chunk with another digest than in the table;
 * LAYER_INVALID when the bytes cannot be decompressed or end early; the errors of `RandomAccessBlob`
 */
export async function* chunkContent(
  blob: RandomAccessBlob,
  file: ChunkedFile,
  signal?: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  const { path, content, compression } = file
  const { offset, end, innerOffset, chunks } = content
  if (chunks.length === 0) return
  const source = Readable.from(blob.stream({ offset, length: end - offset }, signal), { objectMode: false })
  const bytes = decompressor(compression, { chunkBytes: 128 * 1024 })
  // `pipeline` destroys both streams if one of them fails.
  pipeline(source, bytes, () => undefined)
  try {
    // `verifiedChunks` stops after the last chunk, because the last member also contains the padding of the archive.
    yield* verifiedChunks(bytes as AsyncIterable<Buffer>, { path, innerOffset, chunks })
  } finally {
    await destroyAndWait(source)
  }
}

/** What `verifiedChunks` expects. */
export interface ExpectedChunks extends Pick<FileContent, 'innerOffset' | 'chunks'> {
  /** For messages. */
  readonly path: string
}

/**
 * Yields the content of a file out of uncompressed bytes, one verified chunk at a time. Skips `innerOffset` bytes
 * before it, and stops after its last chunk.
 * @throws WindlassError DIGEST_MISMATCH, LAYER_INVALID; the errors of `bytes`
 */
export async function* verifiedChunks(
  bytes: AsyncIterable<Buffer>,
  { path, innerOffset, chunks }: ExpectedChunks,
): AsyncGenerator<Buffer, void, undefined> {
  let skip = innerOffset
  let count = 0
  let parts: Buffer[] = []
  let length = 0
  for await (const piece of bytes) {
    let at = Math.min(skip, piece.length)
    skip -= at
    for (let chunk = chunks[count]; chunk !== undefined && at < piece.length; chunk = chunks[count]) {
      const part = piece.subarray(at, at + chunk.size - length)
      parts.push(part)
      length += part.length
      at += part.length
      if (length < chunk.size) break
      yield verifyChunk(parts.length === 1 ? part : Buffer.concat(parts, length), chunk, path)
      parts = []
      length = 0
      count++
    }
    if (count === chunks.length) return
  }
  throw invalidTocError(`the content of ${quotedLatin1(path)} ends early`)
}

function verifyChunk(bytes: Buffer, { digest }: Chunk, path: string): Buffer {
  if (digestOf(bytes, algorithmOf(digest)) === digest) return bytes
  throw new WindlassError(
    'DIGEST_MISMATCH',
    `Verifying a part of ${quotedLatin1(path)} failed: it has another digest than ${digest}`,
    {
      digest,
      hint: 'The registry, or a proxy or cache in between, sent wrong data, or the table does not match the layer.',
    },
  )
}
