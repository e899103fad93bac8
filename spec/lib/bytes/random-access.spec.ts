import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { RandomAccessBlob } from '../../../lib/bytes/random-access.js'
import type { BlobBody } from '../../../lib/image/source.js'

const content = Buffer.from(Array.from({ length: 1_000 }, (_, at) => at % 251))

interface Given {
  /** Returns the bytes that the source answers a request for a part with. */
  readonly bytes?: (offset: number, length: number) => Buffer
  readonly offset?: number
}

function blob({ bytes = (offset, length) => content.subarray(offset, offset + length), offset }: Given = {}) {
  const streams: Readable[] = []
  const access = new RandomAccessBlob({
    size: content.length,
    what: 'the blob',
    open: (part): Promise<BlobBody> => {
      const stream = Readable.from(
        // The bytes come in pieces of 100, so that a reader can stop between two pieces.
        bytes(part.offset, part.length).reduce<Buffer[]>(
          (all, _, at, from) => (at % 100 === 0 ? [...all, Buffer.from(from.subarray(at, at + 100))] : all),
          [],
        ),
        { objectMode: false },
      )
      streams.push(stream)
      return Promise.resolve({
        ...{ stream, size: content.length, validator: undefined, host: 'host' },
        offset: offset ?? part.offset,
      })
    },
  })
  return { access, streams }
}

describe('RandomAccessBlob', () => {
  it('reads any part with one request', async () => {
    const { access, streams } = blob()
    for (const [offset, length] of [
      [0, 1],
      [0, 1_000],
      [999, 1],
      [250, 500],
    ] as const)
      expect((await access.read({ offset, length })).equals(content.subarray(offset, offset + length))).toBe(
        true,
      )
    expect(streams.length).toBe(4)
    expect(streams.every(({ closed }) => closed)).toBe(true)
  })

  it('requests nothing for a part without bytes', async () => {
    const { access, streams } = blob()
    expect(await access.read({ offset: 10, length: 0 })).toHaveLength(0)
    expect(streams).toEqual([])
  })

  it.each([
    [-1, 5],
    [0, 1_001],
    [1_000, 1],
    [5, -1],
  ])('has no part of %d and %d', async (offset, length) => {
    const { access, streams } = blob()
    await expect(access.read({ offset, length })).rejects.toMatchObject({ code: 'SIZE_MISMATCH' })
    expect(streams).toEqual([])
  })

  it('fails and closes the stream if the source sends the whole blob', async () => {
    const { access, streams } = blob({ offset: 0, bytes: () => content })
    await expect(access.read({ offset: 10, length: 5 })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: 'Reading the blob by ranges failed: host does not serve parts of blobs',
    })
    expect(streams.every(({ closed }) => closed)).toBe(true)
  })

  it('ignores bytes beyond the requested part', async () => {
    const { access, streams } = blob({ bytes: () => content })
    expect((await access.read({ offset: 0, length: 150 })).equals(content.subarray(0, 150))).toBe(true)
    expect(streams.every(({ closed }) => closed)).toBe(true)
  })

  it('fails with a retryable error when the bytes end early', async () => {
    const { access } = blob({ bytes: () => content.subarray(0, 3) })
    await expect(access.read({ offset: 0, length: 5 })).rejects.toMatchObject({
      code: 'NETWORK',
      retryable: true,
      message: 'Reading the blob failed: host ended the transfer after 3 of 5 bytes',
    })
  })

  it('closes the request when the reader stops', async () => {
    const { access, streams } = blob()
    for await (const chunk of access.stream({ offset: 0, length: 1_000 })) {
      expect(chunk.length).toBeGreaterThan(0)
      break
    }
    expect(streams.every(({ closed }) => closed)).toBe(true)
  })
})
