import { describe, expect, it } from 'vitest'
import { ArchiveSize } from '../../../lib/archive/archive-size.js'
import { minBytesForRatio } from '../../../lib/limits.js'

const limits = { layerBytes: Infinity, imageBytes: Infinity, layerRatio: Infinity }
const over = (limit: string) =>
  expect.objectContaining({
    code: 'LIMIT_EXCEEDED',
    message: expect.stringContaining(limit) as string,
  }) as Error

describe('the size of the archive of a layer', () => {
  it('is limited, exactly, over all of its chunks', () => {
    const size = new ArchiveSize({ ...limits, layerBytes: 10 })
    size.add(4)
    size.add(6)
    expect(size.bytes).toBe(10)
    expect(() => size.add(1)).toThrow(over('layerBytes'))
  })

  it('is limited together with the layers before it', () => {
    const size = new ArchiveSize({ ...limits, imageBytes: 10 }, 7)
    size.add(3)
    expect(() => size.add(1)).toThrow(over('imageBytes'))
    expect(() => new ArchiveSize({ ...limits, imageBytes: 10 }).add(10)).not.toThrow()
  })

  it('is limited to a multiple of the compressed bytes so far, from a gigabyte on', () => {
    const size = new ArchiveSize({ ...limits, layerRatio: 100 })
    size.compressedBytes = 1
    expect(() => size.add(minBytesForRatio)).not.toThrow()
    expect(() => size.add(1)).toThrow(over('layerRatio'))
    const exact = new ArchiveSize({ ...limits, layerRatio: 100 })
    exact.compressedBytes = minBytesForRatio / 64
    expect(() => exact.add(minBytesForRatio + 1)).not.toThrow()
    exact.compressedBytes = 2 * 1024 * 1024
    expect(() => exact.add(1)).toThrow(over('compression ratio so far is 512'))
  })

  it('has no ratio if the archive is not compressed', () => {
    expect(() => new ArchiveSize({ ...limits, layerRatio: 1 }).add(10 * minBytesForRatio)).not.toThrow()
  })
})
