import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, vi } from 'vitest'
import { plainBytes } from '../../../../lib/archive/images/plain-bytes.js'
import { type Limits, defaultLimits } from '../../../../lib/limits.js'

// So that small archives are enough to exceed the ratio.
vi.mock('../../../../lib/limits.js', async (original) => ({
  ...(await original<object>()),
  minBytesForRatio: 1_000,
}))

/** The plain bytes of an archive that arrives in pieces. */
async function plainOf(bytes: Buffer, limits: Partial<Limits> = {}, pieceBytes = 10_000): Promise<Buffer> {
  const pieces = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, at) =>
    bytes.subarray(at * pieceBytes, (at + 1) * pieceBytes),
  )
  const source = Readable.from(pieces, { objectMode: false })
  const chunks: Buffer[] = []
  try {
    for await (const chunk of plainBytes(source, { ...defaultLimits, ...limits })) chunks.push(chunk)
  } finally {
    expect(source.destroyed).toBe(true)
  }
  return Buffer.concat(chunks)
}
const random = randomBytes(100_000)

describe('the plain bytes of an archive', () => {
  it('are those of an archive that is not compressed, and those that a compressed one has', async () => {
    expect((await plainOf(random)).equals(random)).toBe(true)
    expect((await plainOf(gzipSync(random))).equals(random)).toBe(true)
  })

  it('may be more than those of one layer, but not more than those of an image', async () => {
    const size = random.length
    for (const bytes of [random, gzipSync(random)]) {
      expect((await plainOf(bytes, { layerBytes: size - 1, imageBytes: size })).length).toBe(size)
      await expect(plainOf(bytes, { imageBytes: size - 1 })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    }
  })

  it('are limited to a multiple of all compressed bytes', async () => {
    const half = Buffer.concat([random, Buffer.alloc(random.length)])
    expect((await plainOf(gzipSync(half), { layerRatio: 3 })).length).toBe(half.length)
    await expect(plainOf(gzipSync(Buffer.alloc(100_000)), { layerRatio: 3 })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('compression ratio') as string,
    })
    expect((await plainOf(Buffer.alloc(100_000), { layerRatio: 0.5 })).length).toBe(100_000)
  })

  it('fail with the error of damaged bytes', async () => {
    await expect(plainOf(gzipSync(random).subarray(0, 50_000))).rejects.toMatchObject({
      code: 'LAYER_INVALID',
    })
  })

  it('are not read on when the consumer stops', async () => {
    const source = Readable.from([gzipSync(random)], { objectMode: false })
    for await (const chunk of plainBytes(source, defaultLimits)) {
      expect(chunk.length).toBeGreaterThan(0)
      break
    }
    await vi.waitFor(() => expect(source.destroyed).toBe(true))
  })
})
