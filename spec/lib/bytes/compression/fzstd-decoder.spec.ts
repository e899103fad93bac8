import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { FzstdDecoder } from '../../../../lib/bytes/compression/fzstd-decoder.js'
import { cpuTimeSince } from '../../../support/cpu-time.js'

/** The header of a frame of unknown length, without a checksum, whose window has `2 ** (10 + exponent)` bytes. */
const head = (exponent: number): Buffer => Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, exponent << 3])

/** A raw block of these bytes, or an RLE block that repeats the one byte in `bytes` `repeated` times. */
function block(bytes: Buffer, last: boolean, repeated = 0): Buffer {
  const header = Buffer.alloc(3)
  const size = repeated > 0 ? repeated : bytes.length
  header.writeUIntLE((size << 3) | (repeated > 0 ? 2 : 0) | (last ? 1 : 0), 0, 3)
  return Buffer.concat([header, bytes])
}

const blocks = (count: number, bytes: Buffer, repeated = 0): Buffer[] =>
  Array.from({ length: count }, (_, at) => block(bytes, at === count - 1, repeated))

/** Decompresses the parts. The input is cut every 4999 bytes, so that a cut can fall into a header. */
async function undo(parts: readonly Buffer[]): Promise<Buffer> {
  const bytes = Buffer.concat(parts)
  const pieces = Array.from({ length: Math.ceil(bytes.length / 4_999) }, (_, at) =>
    bytes.subarray(at * 4_999, (at + 1) * 4_999),
  )
  return buffer(Readable.from(pieces).pipe(new FzstdDecoder(2 ** 19)))
}

const one = Buffer.from('x')

describe('the work of FzstdDecoder', () => {
  it('is limited for tiny blocks in a large window', async () => {
    const begun = process.cpuUsage()
    await expect(undo([head(15), ...blocks(2_000, one)])).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining(
        'its blocks are so small for their window that this decoder is too slow for it',
      ) as string,
    })
    expect(cpuTimeSince(begun)).toBeLessThan(30_000)
  })

  it('is limited for a window for each byte', async () => {
    for (const exponent of [11, 15]) {
      const frame = Buffer.concat([head(exponent), block(one, true)])
      await expect(undo(Array.from({ length: 400 }, () => frame))).rejects.toMatchObject({
        code: 'LIMIT_EXCEEDED',
        hint: expect.stringContaining('22.15') as string,
      })
    }
  })

  it('is refused for a window above 32 MiB', async () => {
    await expect(undo([head(16), ...blocks(1, one)])).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('more than the 32 MiB that this decoder supports') as string,
    })
  })

  it('is allowed for tiny blocks in a small window, and for large blocks in a large window', async () => {
    expect((await undo([head(0), ...blocks(20_000, one)])).toString()).toBe('x'.repeat(20_000))
    const large = await undo([head(13), ...blocks(100, one, 128 * 1024)])
    expect(large).toHaveLength(100 * 128 * 1024)
    const frames = Array.from({ length: 300 }, () => Buffer.concat([head(10), block(one, true, 128 * 1024)]))
    expect(await undo(frames)).toHaveLength(300 * 128 * 1024)
    const many = Array.from({ length: 20_000 }, () => Buffer.concat([head(0), block(one, true)]))
    expect((await undo(many)).toString()).toBe('x'.repeat(20_000))
  })
})
