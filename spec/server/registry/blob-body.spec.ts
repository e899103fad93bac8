import type { FileHandle } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { blobBody } from '../../../server/registry/blob-body.js'

const content = Buffer.from(Array.from({ length: 3 * 1024 * 1024 }, (_, at) => at % 251))

/** The body of a part of a file that has `bytes`, and what became of the file. */
function bodyOf({
  from = 0,
  length = 3 * 1024 * 1024,
  bytes = content,
  onStall = (): boolean => false,
}: {
  from?: number
  length?: number
  bytes?: Buffer
  onStall?: () => boolean
} = {}) {
  const reads: number[] = []
  const handle = {
    read: vi.fn((buffer: Buffer, offset: number, size: number, position: number) => {
      reads.push(size)
      const bytesRead = bytes.copy(buffer, offset, position, position + size)
      return Promise.resolve({ bytesRead, buffer })
    }),
    close: vi.fn(() => Promise.resolve()),
  }
  const onEnd = vi.fn()
  const options = { from, length, onEnd, stallTimeout: 60_000, onStall }
  const body = blobBody({ handle: handle as unknown as FileHandle, ...options })
  const ended = () => [handle.close.mock.calls.length, onEnd.mock.calls.length]
  return { body, reader: body.getReader(), handle, onEnd, reads, ended }
}

describe('the body of a blob', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  async function all(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Buffer> {
    const chunks: Uint8Array[] = []
    for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value)
    return Buffer.concat(chunks)
  }

  it('is the part of the file, first in small chunks, and closes it once at the end', async () => {
    const { reader, reads, ended } = bodyOf({ from: 1_000, length: 2_000_000 })
    expect((await all(reader)).equals(content.subarray(1_000, 2_001_000))).toBe(true)
    expect(reads).toEqual([
      ...[65_536, 65_536, 65_536, 65_536],
      1_048_576,
      2_000_000 - 4 * 65_536 - 1_048_576,
    ])
    expect(ended()).toEqual([1, 1])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('fails if the file is shorter than it was, or cannot be read or closed', async () => {
    const short = bodyOf({ bytes: content.subarray(0, 70_000) })
    await expect(all(short.reader)).rejects.toThrow('The file of a blob is shorter than it was')
    expect(short.ended()).toEqual([1, 1])
    const broken = bodyOf()
    broken.handle.read.mockRejectedValue(new Error('EIO'))
    broken.handle.close.mockRejectedValue(new Error('EIO of close'))
    await expect(all(broken.reader)).rejects.toThrow('EIO')
    expect(broken.ended()).toEqual([1, 1])
  })

  it('closes the file when the client goes, and counts no time afterwards', async () => {
    const { reader, ended } = bodyOf()
    await reader.read()
    await reader.cancel()
    expect(ended()).toEqual([1, 1])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('fails for a client that takes nothing for the time allowed, unless its connection could be ended', async () => {
    const onStall = vi.fn(() => false)
    const { reader, ended } = bodyOf({ onStall })
    await reader.read()
    await vi.advanceTimersByTimeAsync(59_999)
    // The time begins again with each chunk.
    await reader.read()
    await vi.advanceTimersByTimeAsync(59_999)
    expect(ended()).toEqual([0, 0])
    await vi.advanceTimersByTimeAsync(1)
    expect([ended(), onStall.mock.calls.length]).toEqual([[1, 1], 1])
    await expect(reader.read()).rejects.toThrow('The client takes no bytes')
    const gone = bodyOf({ onStall: () => true })
    await gone.reader.read()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(gone.ended()).toEqual([1, 1])
    await gone.reader.cancel()
    expect(gone.ended()).toEqual([1, 1])
  })
})
