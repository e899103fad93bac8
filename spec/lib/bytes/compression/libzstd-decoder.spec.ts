import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import { fzstdUnzstd } from '../../../../lib/bytes/compression/decompress.js'
import { LibzstdDecoder } from '../../../../lib/bytes/compression/libzstd-decoder.js'
import { storedZstd } from '../../../../lib/testing/images/compress.js'
import { openUnzstd } from '../../../../lib/system/index.js'

const open = (beside: boolean, outputBytes = 2 ** 17): LibzstdDecoder =>
  new LibzstdDecoder(openUnzstd()!, { outputBytes, asynchronous: beside })
const here = openUnzstd()
here?.close()

// decompress.spec.ts tests which input it accepts and refuses, because all decoders must accept and refuse the same.
describe.skipIf(here === undefined)('zstd by libzstd', () => {
  it.each([true, false])(
    'fills buffers again that were given back, and no others: beside %s',
    async (beside) => {
      const plain = Buffer.concat([randomBytes(2 ** 20), Buffer.alloc(2 ** 21, 'abc'), randomBytes(2 ** 20)])
      const stream = open(beside)
      const buffers = new Set<ArrayBufferLike>()
      const copies: Buffer[] = []
      const keptChunks: { chunk: Buffer; copy: Buffer }[] = []
      stream.on('data', (chunk: Buffer) => {
        buffers.add(chunk.buffer)
        copies.push(Buffer.from(chunk))
        if (copies.length % 3 === 0) keptChunks.push({ chunk, copy: Buffer.from(chunk) })
        else stream.recycle(chunk)
      })
      await ended(stream, storedZstd(plain))
      expect(Buffer.concat(copies).equals(plain)).toBe(true)
      expect(keptChunks.every(({ chunk, copy }) => chunk.equals(copy))).toBe(true)
      expect(buffers.size).toBeLessThan(copies.length)
    },
  )

  it('decodes many tiny frames without using another thread for each', async () => {
    const bytes = Buffer.concat(Array.from({ length: 20_000 }, () => storedZstd(Buffer.from('x'))))
    const timed = async (stream: Duplex): Promise<number> => {
      const { user } = process.cpuUsage()
      stream.resume()
      await ended(stream, bytes)
      return process.cpuUsage().user - user
    }
    await timed(open(true)) // compiled before it counts
    expect(await timed(open(true))).toBeLessThan(20 * (await timed(fzstdUnzstd())) + 200_000)
  })

  it('yields to the event loop while a little input gives much output', async () => {
    const block = Buffer.alloc(4)
    block.writeUIntLE(((128 * 1024) << 3) | 2, 0, 3)
    const last = Buffer.from(block)
    last[0]! |= 1
    const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x38])
    const stream = open(false)
    let turns = 0
    const ticking = setInterval(() => turns++, 1)
    stream.resume()
    await ended(stream, Buffer.concat([head, ...Array.from({ length: 2 ** 14 }, () => block), last]))
    clearInterval(ticking)
    expect(turns).toBeGreaterThan(1)
  })
})

function ended(stream: Duplex, bytes: Buffer): Promise<void> {
  const end = new Promise<void>((resolve, reject) => stream.on('end', resolve).on('error', reject))
  stream.end(bytes)
  return end
}

describe.skipIf(here === undefined)('the decoder of a stream', () => {
  it.each([false, true])('is closed with the stream, which is destroyed: %s', async (destroyed) => {
    const unzstd = openUnzstd()!
    const close = vi.spyOn(unzstd, 'close')
    const stream = new LibzstdDecoder(unzstd, { outputBytes: 2 ** 17, asynchronous: false })
    const closed = new Promise((resolve) => stream.once('close', resolve))
    if (destroyed) stream.destroy()
    else stream.end(Buffer.from('28b52ffd045829000068656c6c6fa36d9f88', 'hex'))
    stream.resume()
    await closed
    expect(close).toHaveBeenCalledTimes(1)
  })
})
