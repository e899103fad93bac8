import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { RandomAccessBlob } from '../../../../lib/bytes/index.js'
import { chunkContent, verifiedChunks } from '../../../../lib/archive/toc/chunk-content.js'
import { digestOf } from '../../../../lib/image/index.js'
import { encodeLayer, tocFormats } from '../../../../testbench/toc/encode.js'
import { accessTo, tocOf } from '../../../support/toc.js'

const content = Buffer.from(Array.from({ length: 100_000 }, (_, at) => (at * at) % 251))
const entries = [
  { path: 'before', content: 'before' },
  { path: 'file', content },
  { path: 'behind', content: Buffer.alloc(50_000, 'x') },
]

describe.each(tocFormats)('the content of a file in the format %s', (format) => {
  const layer = encodeLayer(entries, { format, chunkBytes: 10_000 })
  const compression = format === 'estargz' ? 'gzip' : 'zstd'

  /** Returns the content, and the chunks that were passed on before an error. */
  async function read(bytes = layer.bytes, stopAfter = Infinity) {
    const { entries: listed } = await tocOf(layer)
    const access = accessTo(bytes)
    const chunks: Buffer[] = []
    const { entry, content: where } = listed[1]!
    let error: unknown
    try {
      for await (const chunk of chunkContent(access.blob, {
        path: entry.path,
        content: where!,
        compression,
      })) {
        chunks.push(chunk)
        if (chunks.length >= stopAfter) break
      }
    } catch (thrown) {
      error = thrown
    }
    return { ...access, chunks, error, where: where! }
  }

  it('is fetched by one range without bytes of other files, and yielded in its chunks', async () => {
    const { chunks, parts, streams } = await read()
    expect(chunks.map(({ length }) => length)).toEqual(Array.from({ length: 10 }, () => 10_000))
    expect(Buffer.concat(chunks).equals(content)).toBe(true)
    expect(parts).toHaveLength(1)
    expect(parts[0]!.length).toBeLessThan(102_000)
    expect(streams.every(({ closed }) => closed)).toBe(true)
  })

  it('closes its request when the reader stops', async () => {
    const { chunks, streams } = await read(layer.bytes, 2)
    expect(chunks).toHaveLength(2)
    expect(streams.every(({ closed }) => closed)).toBe(true)
  })

  it('waits until its request is closed, however long that takes', async () => {
    const { entries: listed } = await tocOf(layer)
    let isClosed = false
    const blob = new RandomAccessBlob({
      ...{ size: layer.bytes.length, what: 'the layer' },
      open: ({ offset, length }) => {
        const stream = new Readable({
          read() {
            this.push(layer.bytes.subarray(offset, offset + length))
          },
          destroy(error, done) {
            setTimeout(() => done(error), 50)
          },
        })
        stream.once('close', () => (isClosed = true))
        return Promise.resolve({ stream, offset, size: undefined, validator: undefined, host: 'host' })
      },
    })
    for await (const chunk of chunkContent(blob, { path: 'x', content: listed[1]!.content!, compression })) {
      expect(chunk.length).toBe(10_000)
      break
    }
    expect(isClosed).toBe(true)
  })

  it('fails before the first chunk with a wrong byte', async () => {
    const { where } = await read()
    const bytes = Buffer.from(layer.bytes)
    const middle = Math.floor((where.offset + where.end) / 2)
    bytes[middle]! ^= 1
    const { chunks, error, streams } = await read(bytes)
    expect(error).toMatchObject({ code: expect.stringMatching(/DIGEST_MISMATCH|LAYER_INVALID/) })
    expect(chunks.length).toBeLessThanOrEqual(5)
    expect(content.subarray(0, chunks.length * 10_000).equals(Buffer.concat(chunks))).toBe(true)
    expect(streams.every(({ closed }) => closed)).toBe(true)
  })

  it('fails if the bytes are not compressed in the format', async () => {
    const { chunks, error } = await read(Buffer.alloc(layer.bytes.length, 'no'))
    expect(chunks).toEqual([])
    expect(error).toMatchObject({ code: 'LAYER_INVALID' })
  })

  it('fails if it ends early, after the complete chunks', async () => {
    const { entries: listed, blob } = await tocOf(layer)
    const where = { ...listed[1]!.content!, end: listed[0]!.content!.end }
    const early = { ...where, offset: listed[0]!.content!.offset, inner: 0 }
    const reading = async (): Promise<void> => {
      for await (const chunk of chunkContent(blob, { path: 'file', content: early, compression }))
        expect(chunk).toBe(1)
    }
    await expect(reading()).rejects.toMatchObject({
      code: expect.stringMatching(/LAYER_INVALID|DIGEST_MISMATCH/),
    })
  })
})

it('the content of a file is requested with the signal', async () => {
  const { signal } = new AbortController()
  const signals: unknown[] = []
  const blob = new RandomAccessBlob({
    ...{ size: 100, what: 'the layer' },
    open: (part) => {
      signals.push(part.signal)
      return Promise.reject(new Error('asked'))
    },
  })
  const where = {
    offset: 0,
    innerOffset: 0,
    end: 10,
    chunks: [{ size: 1, digest: digestOf(Buffer.from('x')) }],
  }
  const reading = chunkContent(blob, { path: 'a', content: where, compression: 'gzip' }, signal)
  await expect(reading.next()).rejects.toThrow('asked')
  expect(signals).toEqual([signal])
})

describe('verified chunks', () => {
  const digest = digestOf(Buffer.from('content'))
  const chunks = [
    { size: 4, digest: digestOf(Buffer.from('cont')) },
    { size: 3, digest: digestOf(Buffer.from('ent'), 'sha512') },
  ]
  const from = async function* (...pieces: readonly string[]): AsyncGenerator<Buffer> {
    for (const piece of pieces) yield await Promise.resolve(Buffer.from(piece))
    throw new Error('read too far')
  }
  const read = async (bytes: AsyncIterable<Buffer>, innerOffset: number): Promise<string[]> => {
    const seen: string[] = []
    for await (const chunk of verifiedChunks(bytes, { path: 'a', innerOffset, chunks }))
      seen.push(String(chunk))
    return seen
  }

  it('begin after the bytes before them, and end with the last one, in pieces of any size', async () => {
    for (const pieces of [['content'], ['con', 't', 'ent'], ['c', 'ontent and more']])
      expect(await read(from(...pieces), 0)).toEqual(['cont', 'ent'])
    for (const pieces of [['before content'], ['bef', 'ore ', 'content'], ['before', ' cont', 'ent']])
      expect(await read(from(...pieces), 7)).toEqual(['cont', 'ent'])
  })

  it('are not yielded if one has another digest', async () => {
    expect(digest).not.toBe(chunks[0]!.digest)
    await expect(read(from('xcontent'), 0)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })
})
