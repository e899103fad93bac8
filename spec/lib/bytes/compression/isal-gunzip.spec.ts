import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { zlibGunzip } from '../../../../lib/bytes/compression/decompress.js'
import { IsalGunzip } from '../../../../lib/bytes/compression/isal-gunzip.js'
import { openGunzip } from '../../../../lib/system/index.js'

const open = (beside: boolean, outputBytes = 2 ** 17): IsalGunzip =>
  new IsalGunzip(openGunzip()!, { outputBytes, asynchronous: beside })

// decompress.spec.ts tests which input it accepts and refuses, because zlib must accept and refuse the same.
describe.skipIf(openGunzip() === undefined)('gzip by ISA-L', () => {
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
      const ended = new Promise((resolve, reject) => stream.on('end', resolve).on('error', reject))
      stream.end(gzipSync(plain, { level: 1 }))
      await ended
      expect(Buffer.concat(copies).equals(plain)).toBe(true)
      expect(keptChunks.every(({ chunk, copy }) => chunk.equals(copy))).toBe(true)
      expect(buffers.size).toBeLessThan(copies.length)
    },
  )

  it('decodes many tiny members about as fast as zlib', async () => {
    const bytes = Buffer.concat(Array.from({ length: 20_000 }, () => gzipSync('')))
    const timed = async (stream: ReturnType<typeof zlibGunzip>): Promise<number> => {
      const { user } = process.cpuUsage()
      stream.resume()
      const ended = new Promise((resolve, reject) => stream.on('end', resolve).on('error', reject))
      stream.end(bytes)
      await ended
      return process.cpuUsage().user - user
    }
    await timed(open(true)) // compiled before it counts
    // Only a hop to another thread for each member, or a copy of all remaining input for each, would cost 20 times as much.
    expect(await timed(open(true))).toBeLessThan(20 * (await timed(zlibGunzip())) + 200_000)
  })

  it('yields to the event loop while a little input gives much output', async () => {
    const stream = open(false)
    let turns = 0
    const ticking = setInterval(() => turns++, 1)
    stream.resume()
    const ended = new Promise((resolve, reject) => stream.on('end', resolve).on('error', reject))
    stream.end(gzipSync(Buffer.alloc(2 ** 29), { level: 1 }))
    await ended
    clearInterval(ticking)
    expect(turns).toBeGreaterThan(1)
  })
})
