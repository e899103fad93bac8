import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { RateLimit } from '../../../../lib/bytes/index.js'
import { Body, type BodyOptions } from '../../../../lib/registry/http/body.js'

const patient = 60_000

/** A body over a connection that the test holds. */
function bodyOver(options: Partial<BodyOptions> = {}) {
  const source = new Readable({ read: () => undefined })
  source.on('error', () => undefined)
  const began: number[] = []
  const body = new Body(source, {
    ...{ firstByte: patient, stall: patient, minBytes: 1 },
    began: () => void began.push(1),
    stallError: (received) => new Error(`stalled after ${received}`),
    failure: (error, received) => new Error(`${error.message} after ${received}`),
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

describe('the body of an answer', () => {
  it('gives a slow reader all that came before its connection broke, then the failure', async () => {
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

  it('does not take a reader that is slow for a connection that has stalled', async () => {
    const { source, body } = bodyOver({ stall: 30 })
    body.read(0)
    source.push(Buffer.alloc(2 ** 21))
    await sleep(100)
    expect(body.destroyed).toBe(false)
    source.push(null)
    expect(await read(body)).toEqual({ bytes: 2 ** 21, failure: undefined })
  })

  it('reads no faster than the rate allows, which is no stall, and gives all of it', async () => {
    const { source, body } = bodyOver({ stall: 30, rate: new RateLimit(100_000) })
    for (let chunk = 0; chunk < 6; chunk++) source.push(Buffer.alloc(10_000))
    source.push(null)
    const begin = performance.now()
    expect(await read(body)).toEqual({ bytes: 60_000, failure: undefined })
    expect(performance.now() - begin).toBeGreaterThan(350)
  })

  it('that waits for the rate fails with its connection, and waits no more once it is destroyed', async () => {
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

  it('fails where fewer bytes come than have to in the time', async () => {
    const { source, body } = bodyOver({ stall: 150, minBytes: 1000 })
    const trickle = setInterval(() => source.push(Buffer.alloc(1)), 10)
    const { failure } = await read(body)
    clearInterval(trickle)
    expect(String(failure)).toMatch(/stalled after \d+/)
  })

  it('waits for its first byte as long as it is told to, and from then on for less', async () => {
    const { source, body } = bodyOver({ firstByte: patient, stall: 30 })
    const reading = read(body)
    await sleep(100)
    expect(body.destroyed).toBe(false)
    source.push(Buffer.alloc(3))
    expect(await reading).toEqual({ bytes: 3, failure: new Error('stalled after 3') })
  })

  it('says once that it began, also where it has no byte', async () => {
    for (const chunks of [['a', 'b'], []]) {
      const { source, body, began } = bodyOver()
      for (const chunk of chunks) source.push(chunk)
      source.push(null)
      await read(body)
      expect(began).toEqual([1])
    }
  })

  it('ends its connection and its clock when nobody wants it any more', async () => {
    const { source, body } = bodyOver({ stall: 20, firstByte: 20 })
    body.read(0)
    body.destroy()
    await sleep(50)
    expect(source.destroyed).toBe(true)
    expect(body.errored).toBe(null)
  })
})
