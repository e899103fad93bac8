/** Fetches the table of contents of a layer by one or two ranges, verifies it against its digest, and parses it. */
import type { Readable } from 'node:stream'
import type { Compression } from '../../bytes/compression/compression.js'
import { decompressor } from '../../bytes/compression/decompress.js'
import type { RandomAccessBlob } from '../../bytes/random-access.js'
import { readJson } from '../../codec/json.js'
import { WindlassError } from '../../errors.js'
import { algorithmOf, type Digest, digestOf } from '../../image/digest/digest.js'
import { limitExceeded, type Limits } from '../../limits.js'
import { TarReader } from '../tar/reader.js'
import { footerBytes, tocOffsetOf } from './estargz-footer.js'
import { invalidTocError } from './refusal.js'
import { type TocEntry, TocCodec } from './toc-codec.js'
import type { TocReference } from './toc-reference.js'

/** A verified table. */
export interface Toc {
  readonly entries: readonly TocEntry[]
  /** Position in the blob at which the content of files ends. */
  readonly dataEnd: number
  /** Compression of the content. */
  readonly compression: Extract<Compression, 'gzip' | 'zstd'>
}

/** Name of the table in the archive of an eStargz layer. */
const tocName = 'stargz.index.json'

/** Bytes of the header of the skippable frame that holds the table of zstd:chunked (RFC 8878 §3.1.2). */
const skippableHeader = 8

/** Bytes to read at once from the end of an eStargz layer: enough for a table with some hundred files. */
const tailBytes = 16 * 1024

/**
 * Reads and verifies the table of contents of the layer `blob`.
 * @throws WindlassError DIGEST_MISMATCH when it is not the table that the manifest states; LAYER_INVALID when it is
 * malformed; LIMIT_EXCEEDED when it is larger than `tocBytes`; the errors of `RandomAccessBlob`
 */
export async function readToc(
  blob: RandomAccessBlob,
  reference: TocReference,
  limits: Limits,
  signal?: AbortSignal,
): Promise<Toc> {
  if (reference.format === 'estargz') return readEstargz(blob, reference.tocDigest, limits, signal)
  const { offset, length, size, checksum, tocDigest } = reference
  checkSize(Math.max(length, size), limits)
  const compressed = await blob.read({ offset, length }, signal)
  checkDigest(compressed, checksum)
  const json = await decompress(compressed, 'zstd', size)
  if (json.length !== size)
    throw invalidTocError(`it has ${json.length} bytes, and the manifest says ${size}`)
  if (tocDigest !== undefined) checkDigest(json, tocDigest)
  return { entries: parse(json), dataEnd: Math.max(0, offset - skippableHeader), compression: 'zstd' }
}

async function readEstargz(
  blob: RandomAccessBlob,
  tocDigest: Digest,
  limits: Limits,
  signal: AbortSignal | undefined,
): Promise<Toc> {
  const tailAt = Math.max(0, blob.size - tailBytes)
  const tail = await blob.read({ offset: tailAt, length: blob.size - tailAt }, signal)
  const tocAt = tocOffsetOf(tail.subarray(-footerBytes))
  const tocEnd = blob.size - footerBytes
  if (tocAt === undefined) throw invalidTocError('the layer does not end with the footer of eStargz')
  if (tocAt >= tocEnd) throw invalidTocError('its position is outside of the layer')
  checkSize(tocEnd - tocAt, limits)
  const rest = await blob.read({ offset: tocAt, length: Math.max(0, tailAt - tocAt) }, signal)
  const archive = Buffer.concat([rest, tail.subarray(Math.max(0, tocAt - tailAt), tocEnd - tailAt)])
  // The 16 KiB allow for the header and padding of the archive that contains the table.
  const json = contentOf(await decompress(archive, 'gzip', limits.tocBytes + 16 * 1024), limits)
  checkDigest(json, tocDigest)
  return { entries: parse(json), dataEnd: tocAt, compression: 'gzip' }
}

/** Returns the content of the file `stargz.index.json` in an archive. */
function contentOf(tar: Buffer, limits: Limits): Buffer {
  const content: Buffer[] = []
  let isToc = false
  const reader = new TarReader(
    {
      entry: ({ path, type }) => (isToc = path === tocName && type === 'file'),
      data: (chunk) => isToc && content.push(chunk),
      end: () => undefined,
    },
    limits,
  )
  reader.write(tar)
  reader.finish()
  return Buffer.concat(content)
}

async function decompress(bytes: Buffer, compression: 'gzip' | 'zstd', maxBytes: number): Promise<Buffer> {
  const stream: Readable = decompressor(compression).end(bytes)
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > maxBytes) throw invalidTocError(`it has more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}

function parse(json: Buffer): readonly TocEntry[] {
  const document = { code: 'LAYER_INVALID', what: 'the table of contents of the layer' } as const
  return readJson(json, TocCodec, document).entries
}

function checkSize(bytes: number, { tocBytes }: Limits): void {
  if (bytes > tocBytes)
    throw limitExceeded(`The table of contents of the layer has ${bytes} bytes`, 'tocBytes', tocBytes)
}

function checkDigest(bytes: Buffer, expected: Digest): void {
  const actual = digestOf(bytes, algorithmOf(expected))
  if (actual === expected) return
  throw new WindlassError(
    'DIGEST_MISMATCH',
    `Verifying the table of contents of the layer failed: expected ${expected}, got ${actual}`,
    {
      digest: expected,
      hint: 'The registry, or a proxy or cache in between, sent wrong data.',
    },
  )
}
