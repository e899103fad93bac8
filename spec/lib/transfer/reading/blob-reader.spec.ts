import { Readable } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import {
  type BlobBody,
  type BlobRequest,
  type Descriptor,
  digestOf,
  type ImageSource,
} from '../../../../lib/image/index.js'
import { BlobReader, type RetryPolicy } from '../../../../lib/transfer/index.js'

const content = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 251))
const descriptor: Descriptor = { mediaType: 'x', digest: digestOf(content), size: content.length }
const retry: RetryPolicy = { attempts: 3, delay: 1, longestRetryAfter: 1_000 }

/** How an attempt ends: after this number of bytes, or with an error before the first byte. */
type Attempt = number | WindlassError

interface Given {
  readonly attempts?: readonly Attempt[]
  /** Answers to every request with the whole blob. */
  readonly whole?: boolean
  readonly urls?: readonly string[]
  readonly foreign?: readonly Attempt[]
  readonly retry?: RetryPolicy
}

function reader({ attempts = [], whole = false, urls, foreign = [], retry: policy = retry }: Given = {}) {
  const requests: BlobRequest[] = []
  const streams: Readable[] = []
  const asked: string[] = []
  const answer = (outcome: Attempt | undefined, request: BlobRequest): BlobBody => {
    requests.push({ ...request })
    if (outcome instanceof WindlassError) throw outcome
    const offset = whole ? 0 : (request.offset ?? 0)
    const end = whole || request.length === undefined ? content.length : offset + request.length
    const bytes = content.subarray(offset, end)
    const pieces = function* () {
      for (let at = 0; at < Math.min(bytes.length, outcome ?? Infinity); at += 1_000)
        yield bytes.subarray(at, Math.min(at + 1_000, outcome ?? Infinity))
    }
    const stream = Readable.from(pieces(), { objectMode: false })
    streams.push(stream)
    return { stream, offset, size: content.length, validator: '"v"', host: 'host' }
  }
  let at = 0
  let foreignAt = 0
  const source = {
    host: 'host',
    blob: async (_: Descriptor, request: BlobRequest) => answer(attempts[at++], request),
    foreignBlob: async (url: string, _: Descriptor, request: BlobRequest) => {
      asked.push(url)
      return answer(foreign[foreignAt++], request)
    },
  } as unknown as ImageSource
  const blob = new BlobReader({ source, descriptor: { ...descriptor, ...(urls && { urls }) }, retry: policy })
  return { blob, requests, streams, asked }
}

const bytesOf = async ({ stream }: BlobBody): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}
const network = new WindlassError('NETWORK', 'broken')
const missing = new WindlassError('BLOB_UNKNOWN', 'gone')

describe('a blob that is read', () => {
  it('is read with one request', async () => {
    const { blob, requests, streams } = reader()
    expect((await bytesOf(await blob.open())).equals(content)).toBe(true)
    expect(requests).toEqual([{}])
    expect(streams.every(({ destroyed }) => destroyed)).toBe(true)
  })

  it('continues at the byte at which a connection broke', async () => {
    const { blob, requests } = reader({ attempts: [100_000, network, 70_000] })
    expect((await bytesOf(await blob.open())).equals(content)).toBe(true)
    expect(requests.map(({ offset, validator }) => [offset, validator])).toEqual([
      [undefined, undefined],
      [100_000, '"v"'],
      [100_000, '"v"'],
      [170_000, '"v"'],
    ])
  })

  it('skips bytes that it has if the source starts again at the first byte', async () => {
    const { blob } = reader({ attempts: [100_000], whole: true })
    expect((await bytesOf(await blob.open())).equals(content)).toBe(true)
  })

  it('can be read in part, also after a broken connection', async () => {
    const { blob, requests } = reader({ attempts: [2_000] })
    const body = await blob.open({ offset: 50_000, length: 5_000 })
    expect(body.offset).toBe(50_000)
    expect((await bytesOf(body)).equals(content.subarray(50_000, 55_000))).toBe(true)
    expect(requests.map(({ offset, length }) => [offset, length])).toEqual([
      [50_000, 5_000],
      [52_000, 3_000],
    ])
  })

  it('is read whole if the source does not support ranges', async () => {
    const { blob } = reader({ whole: true })
    const body = await blob.open({ offset: 50_000, length: 5_000 })
    expect(body.offset).toBe(0)
    body.stream.destroy()
    const broken = reader({ whole: true, attempts: [100_000] })
    const again = await broken.blob.open({ offset: 50_000, length: 5_000 })
    expect((await bytesOf(again)).equals(content)).toBe(true)
  })

  it('fails with the last error after as many attempts without progress as the policy has', async () => {
    const { blob, requests } = reader({ attempts: [10, 10, 10, 10, 10] })
    await expect(bytesOf(await blob.open())).rejects.toMatchObject({ code: 'NETWORK' })
    expect(requests).toHaveLength(3)
    // An attempt that could not be opened counts as well.
    const both = reader({ attempts: [network, 10, 10] })
    await expect(bytesOf(await both.blob.open())).rejects.toMatchObject({ code: 'NETWORK' })
    expect(both.requests).toHaveLength(3)
    const refused = reader({ attempts: [missing] })
    await expect(refused.blob.open()).rejects.toBe(missing)
    expect(refused.requests).toHaveLength(1)
  })

  it('is retried without limit while it makes progress', async () => {
    const { blob, requests } = reader({ attempts: [70_000, 70_000, 70_000, 70_000] })
    expect((await bytesOf(await blob.open())).equals(content)).toBe(true)
    expect(requests).toHaveLength(5)
  })

  it('is read from a foreign URL if the registry does not have it, and again from there', async () => {
    const urls = ['https://a.example/', 'https://b.example/']
    const { blob, asked } = reader({ attempts: [missing], urls, foreign: [missing] })
    expect((await bytesOf(await blob.open())).equals(content)).toBe(true)
    await bytesOf(await blob.open({ offset: 1, length: 1 }))
    expect(asked).toEqual([urls[1], urls[0], urls[0]])
    const none = reader({ attempts: [missing], urls, foreign: [network, network] })
    await expect(none.blob.open()).rejects.toBe(missing)
  })

  it('ends when its signal aborts, also while it waits', async () => {
    const stop = new AbortController()
    const slow = new WindlassError('NETWORK', 'broken', { retryAfter: 900 })
    const { blob } = reader({ attempts: [slow, slow] })
    const opening = blob.open({ signal: stop.signal })
    stop.abort(new WindlassError('CANCELLED', 'enough'))
    await expect(opening).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect(blob.open({ signal: stop.signal })).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('waits no longer when its signal aborts, and is not looked for elsewhere then', async () => {
    const stop = new AbortController()
    const slow = new WindlassError('NETWORK', 'broken', { retryAfter: 3_600_000 })
    const policy = { ...retry, longestRetryAfter: Infinity }
    const waiting = reader({ attempts: [slow], retry: policy })
    const opening = waiting.blob.open({ signal: stop.signal })
    setTimeout(() => stop.abort(new WindlassError('CANCELLED', 'enough')), 20)
    await expect(opening).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(waiting.requests).toHaveLength(1)
    const aborted = reader({ attempts: [missing], urls: ['https://a.example/'] })
    await expect(aborted.blob.open({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
      'enough',
    )
    expect(aborted.asked).toEqual([])
  })

  it('closes its request when its reader stops', async () => {
    const { blob, streams } = reader()
    const { stream } = await blob.open()
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      expect(chunk.length).toBeGreaterThan(0)
      break
    }
    // Node 26 destroys the source of a stream a moment after the stream.
    await vi.waitFor(() => expect(streams.every(({ destroyed }) => destroyed)).toBe(true))
  })
})
