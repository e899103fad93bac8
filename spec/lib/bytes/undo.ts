/** Decompresses bytes that arrive in pieces of any size. */
import { type Duplex, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { expect } from 'vitest'
import type { Compression } from '../../../lib/bytes/compression/compression.js'
import { decompressor } from '../../../lib/bytes/compression/decompress.js'
import { WindlassError } from '../../../lib/errors.js'

export const concat = (parts: readonly Uint8Array[]): Buffer => Buffer.concat(parts)

export type Make = () => Duplex

export async function undo(
  compression: Compression | Make,
  bytes: Buffer,
  size = bytes.length,
): Promise<Buffer> {
  const chunks: Buffer[] = []
  const source = Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
    })(),
    { objectMode: false },
  )
  const stream = typeof compression === 'function' ? compression() : decompressor(compression)
  await pipeline(source, stream, async (output) => {
    for await (const chunk of output as AsyncIterable<Buffer>) chunks.push(chunk)
  })
  return concat(chunks)
}

export const refused = async (
  compression: Compression | Make,
  bytes: Buffer,
  message: RegExp,
  code = 'LAYER_INVALID',
) => {
  for (const size of [1, 5, bytes.length]) {
    const failure = await undo(compression, bytes, size).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(WindlassError)
    expect(failure).toMatchObject({ code, message: expect.stringMatching(message) })
  }
}
