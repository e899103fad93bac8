/** Appending the body of a response to the bytes that are present, and bodies that do not match them. */
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import type { BlobBody, BlobRequest } from '../../../lib/image/index.js'
import { receive } from '../../../lib/transfer/receive.js'
import { type Arrival, arrival } from '../../support/arriving-layer.js'

const bytes = Buffer.from('all the bytes of the layer')
const [head, tail] = [bytes.subarray(0, 10), bytes.subarray(10)]

/** A stream that emits parts one after another, asynchronously. */
async function* slowly(...parts: Buffer[]): AsyncGenerator<Buffer> {
  for (const part of parts) {
    yield part
    // Longer than chunks wait for more.
    await setTimeout(25)
  }
}

function place(parts: Iterable<Buffer> | AsyncIterable<Buffer>, more: Partial<BlobBody> = {}) {
  const requests: BlobRequest[] = []
  const stream = Readable.from(parts)
  const fetch = async (request: BlobRequest): Promise<BlobBody> => {
    requests.push(request)
    const { offset = 0 } = request
    return { stream, offset, size: undefined, validator: undefined, host: 'h', ...more }
  }
  return { from: 'h', fetch, requests, stream }
}
const statuses = ({ events }: Arrival): unknown[] => events.map(({ status }) => status)

describe('the bytes of a layer', () => {
  it('are appended to those present, with the validator of the same place', async () => {
    const journal = { from: 'h', validator: '"v1"', expectedSize: bytes.length }
    const here = await arrival(bytes, { before: head, journal })
    const from = place([tail], { validator: '"v1"' })
    await receive(here.layer, here.turn, from)
    expect(from.requests).toMatchObject([{ offset: head.length, validator: '"v1"' }])
    expect(readFileSync(here.layer.path)).toEqual(bytes)
    expect(here.done).toEqual([])
    expect(from.stream.destroyed).toBe(true)
  })

  it('are recorded with their place if the place or its validator has changed', async () => {
    for (const journal of [
      { from: 'other', validator: '"v1"', expectedSize: bytes.length },
      { from: 'other', expectedSize: bytes.length },
      { from: 'h', validator: '"v0"', expectedSize: bytes.length },
    ]) {
      const here = await arrival(bytes, { before: head, journal })
      const from = place([tail], journal.from === 'h' ? { validator: '"v1"' } : {})
      await receive(here.layer, here.turn, from)
      expect(here.done).toHaveLength(1)
      expect(here.done[0]).toMatch(/^record h/)
    }
  })

  it('start again at the first byte if the body does, and if all are present and wrong', async () => {
    const again = await arrival(bytes, { before: head })
    await receive(again.layer, again.turn, place([bytes], { offset: 0 }))
    expect(readFileSync(again.layer.path)).toEqual(bytes)
    expect(statuses(again)).toContain('restart')
    const wrong = await arrival(bytes, { before: Buffer.from(bytes).fill('x', 3, 4) })
    const from = place([bytes])
    await receive(wrong.layer, wrong.turn, from)
    expect(from.requests).toHaveLength(1)
    expect(readFileSync(wrong.layer.path)).toEqual(bytes)
  })

  it('are not requested if all are present and right', async () => {
    const here = await arrival(bytes, { before: bytes })
    const from = place([])
    await receive(here.layer, here.turn, from)
    expect(from.requests).toEqual([])
    from.stream.destroy()
  })

  it('are not read from a body that states another size, which is closed', async () => {
    const here = await arrival(bytes)
    const from = place([bytes], { size: bytes.length + 1 })
    await expect(receive(here.layer, here.turn, from)).rejects.toMatchObject({ code: 'SIZE_MISMATCH' })
    expect(here.file.state.length).toBe(0)
    expect(from.stream.destroyed).toBe(true)
  })

  it('are rejected if there are more than the manifest states, and accepted if only the end of the body fails', async () => {
    const more = await arrival(bytes)
    const long = place(slowly(bytes, Buffer.from('x')))
    await expect(receive(more.layer, more.turn, long)).rejects.toMatchObject({ code: 'SIZE_MISMATCH' })
    expect(more.file.state.length).toBe(bytes.length)
    const whole = await arrival(bytes)
    async function* broken(): AsyncGenerator<Buffer> {
      yield bytes
      await new Promise(setImmediate)
      throw new Error('the connection broke')
    }
    await receive(whole.layer, whole.turn, place(broken()))
    expect(readFileSync(whole.layer.path)).toEqual(bytes)
  })

  it('are discarded and the error is retryable if a resumed download has the wrong digest', async () => {
    const here = await arrival(bytes, { before: Buffer.from('xxxxxxxxxx') })
    await expect(receive(here.layer, here.turn, place([tail]))).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      retryable: true,
    })
    expect(here.file.state).toMatchObject({ length: 0, generation: 1 })
    const once = await arrival(bytes)
    await receive(once.layer, once.turn, place([Buffer.from(bytes).fill('x', 3, 4)]))
    expect(once.file.state.length).toBe(bytes.length) // who verifies says what is wrong
  })

  it('are not verified here if the body began again, since it is then the whole layer of one place', async () => {
    const here = await arrival(bytes, { before: head })
    await receive(here.layer, here.turn, place([Buffer.from(bytes).fill('x', 3, 4)], { offset: 0 }))
    expect(here.file.state).toMatchObject({ length: bytes.length, generation: 1 })
    expect(here.events.find(({ status }) => status === 'restart')).toMatchObject({ current: 0, host: 'h' })
  })

  it('name the layer and the first error if a resumed download is wrong', async () => {
    const here = await arrival(bytes, { before: Buffer.from('xxxxxxxxxx') })
    await expect(receive(here.layer, here.turn, place([tail]))).rejects.toMatchObject({
      subject: { digest: here.layer.descriptor.digest },
      cause: { code: 'DIGEST_MISMATCH' },
    })
  })

  it('are not accepted after a cancellation, even if all of them are there', async () => {
    const here = await arrival(bytes)
    const stop = new AbortController()
    async function* cancelled(): AsyncGenerator<Buffer> {
      yield bytes
      await setTimeout(25)
      stop.abort()
      throw new Error('aborted')
    }
    const receiving = receive(here.layer, { ...here.turn, signal: stop.signal }, place(cancelled()))
    await expect(receiving).rejects.toThrow('aborted')
  })

  it('are enough by their digest if the manifest states a larger size, which is said then', async () => {
    const here = await arrival(bytes)
    const descriptor = { ...here.layer.descriptor, size: bytes.length + 1 }
    await expect(receive({ ...here.layer, descriptor }, here.turn, place([bytes]))).rejects.toMatchObject({
      code: 'SIZE_MISMATCH',
      message: expect.stringContaining('the size in the manifest is wrong') as string,
      subject: { host: 'h' },
    })
  })

  it('fail with NETWORK if they end too early, and nothing continues afterwards', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
    try {
      const here = await arrival(bytes)
      await expect(
        receive(here.layer, here.turn, place(slowly(head.subarray(0, 5), head.subarray(5)))),
      ).rejects.toMatchObject({ code: 'NETWORK' })
      expect(here.file.state.length).toBe(head.length)
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })
})
