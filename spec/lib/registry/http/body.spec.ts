import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { RateLimit } from '../../../../lib/bytes/index.js'
import { Body, type BodyOptions } from '../../../../lib/registry/http/body.js'

const patient = 60_000

/** Returns a body and the connection that the test controls. */
function bodyOver(options: Partial<BodyOptions> = {}) {
  const source = new Readable({ read: () => undefined })
  source.on('error', () => undefined)
  const began: number[] = []
  const body = new Body(source, {
    ...{ firstByte: patient, stall: patient, minBytes: 1 },
    onFirstByte: () => void began.push(1),
    stallError: (received) => new Error(`stalled after ${received}`),
    toFailure: (error, received) => new Error(`${error.message} after ${received}`),
    ...options,
  })
  return { source, body, began }
}

async function read(body: Readable): Promise<{ bytes: number; failure: unknown }> {
  let bytes = 0
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) bytes += chunk.length
  } catch (failure) {
    return { bytes, failure }
  }
  return { bytes, failure: undefined }
}

describe('the body of a response', () => {
  it('delivers to a slow reader all bytes received before the connection failed, then the error', async () => {
    const { source, body } = bodyOver()
    body.read(0)
    source.push(Buffer.alloc(1000))
    await sleep(5)
    source.destroy(new Error('reset'))
    await sleep(20)
    expect(body.destroyed).toBe(false)
    const { bytes, failure } = await read(body)
    expect([bytes, failure]).toEqual([1000, new Error('reset after 1000')])
  })

  it('does not treat a slow reader as a stalled connection', async () => {
    const { source, body } = bodyOver({ stall: 30 })
    body.read(0)
    source.push(Buffer.alloc(2 ** 21))
    await sleep(100)
    expect(body.destroyed).toBe(false)
    source.push(null)
    expect(await read(body)).toEqual({ bytes: 2 ** 21, failure: undefined })
  })

  it('obeys the rate limit without stalling, and delivers all bytes', async () => {
    const { source, body } = bodyOver({ stall: 30, rate: new RateLimit(100_000) })
    for (let chunk = 0; chunk < 6; chunk++) source.push(Buffer.alloc(10_000))
    source.push(null)
    const begin = performance.now()
    expect(await read(body)).toEqual({ bytes: 60_000, failure: undefined })
    expect(performance.now() - begin).toBeGreaterThan(350)
  })

  it('that waits for the rate limit fails if its connection fails, and stops waiting when it is destroyed', async () => {
    const limit = new RateLimit(1)
    const broken = bodyOver({ rate: limit })
    const reading = read(broken.body)
    broken.source.push(Buffer.alloc(1000))
    await sleep(5)
    broken.source.destroy(new Error('reset'))
    expect(await reading).toEqual({ bytes: 1000, failure: new Error('reset after 1000') })
    const left = bodyOver({ rate: limit })
    left.body.resume()
    left.source.push(Buffer.alloc(1000))
    await sleep(5)
    left.body.destroy()
    limit.bytesPerSecond = Infinity
    await sleep(5)
    expect(left.source.destroyed).toBe(true)
  })

  it('is not read before the rate limit admits it', async () => {
    const waiting: (() => void)[] = []
    const take = (bytes: number, resume: () => void) => {
      if (bytes > 0 || waiting.length > 0) return undefined
      waiting.push(resume)
      return () => undefined
    }
    const { source, body } = bodyOver({ rate: { take }, stall: 5, firstByte: 5 })
    source.push(Buffer.alloc(10))
    const reading = read(body)
    await sleep(20)
    expect(body.received).toBe(0)
    waiting[0]?.()
    source.push(null)
    expect(await reading).toEqual({ bytes: 10, failure: undefined })
  })

  it('gives its share of the rate limit back when it has arrived, although nobody has read it yet', async () => {
    let ended = 0
    const rate = { take: () => undefined, end: () => (ended += 1) }
    const { source, body } = bodyOver({ rate })
    body.read(0)
    source.push(Buffer.alloc(10))
    source.push(null)
    await expect.poll(() => ended).toBe(1)
    expect(body.readableLength).toBe(10)
    body.destroy()
  })

  it('gives up its place in the rate limit when it is destroyed', async () => {
    const waiting = new Set<() => void>()
    const take = (_: number, resume: () => void) => {
      waiting.add(resume)
      return () => void waiting.delete(resume)
    }
    const { source, body } = bodyOver({ rate: { take } })
    body.resume()
    source.push(Buffer.alloc(1000))
    await expect.poll(() => waiting.size).toBe(1)
    body.destroy()
    await sleep(1)
    expect(waiting.size).toBe(0)
  })

  it('fails if fewer than minBytes arrive within the stall timeout', async () => {
    const { source, body } = bodyOver({ stall: 150, minBytes: 1000 })
    const trickle = setInterval(() => source.push(Buffer.alloc(1)), 10)
    const { failure } = await read(body)
    clearInterval(trickle)
    expect(String(failure)).toMatch(/stalled after \d+/)
  })

  it('fails by the same rule after a time of sufficient progress', async () => {
    const { source, body } = bodyOver({ stall: 150, minBytes: 1000 })
    const reading = read(body)
    source.push(Buffer.alloc(2000))
    let trickled = 0
    const trickle = setInterval(() => source.push(++trickled > 100 ? null : Buffer.alloc(1)), 10)
    const { failure } = await reading
    clearInterval(trickle)
    expect(String(failure)).toMatch(/stalled after 20\d\d/)
  })

  it('has one timeout for the first byte, and a shorter one afterwards', async () => {
    const { source, body } = bodyOver({ firstByte: patient, stall: 30 })
    const reading = read(body)
    await sleep(100)
    expect(body.destroyed).toBe(false)
    source.push(Buffer.alloc(3))
    expect(await reading).toEqual({ bytes: 3, failure: new Error('stalled after 3') })
  })

  it('calls onFirstByte once, even if it is empty', async () => {
    for (const chunks of [['a', 'b'], []]) {
      const { source, body, began } = bodyOver()
      for (const chunk of chunks) source.push(chunk)
      source.push(null)
      await read(body)
      expect(began).toEqual([1])
    }
  })

  it('closes its connection and its timer when it is destroyed', async () => {
    const { source, body } = bodyOver({ stall: 20, firstByte: 20 })
    body.read(0)
    body.destroy()
    await sleep(50)
    expect(source.destroyed).toBe(true)
    expect(body.errored).toBe(null)
  })
})
