import { PassThrough, Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { sendBody } from '../../../../lib/registry/http/request-body.js'

/** A request that takes bytes only when the test says so. */
function requestByHand(highWaterMark = 1) {
  const chunks: Buffer[] = []
  let take: (() => void) | undefined
  const request = new Writable({
    highWaterMark,
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      take = done
    },
  })
  return { request, bytes: () => Buffer.concat(chunks).length, take: () => take?.() }
}

function sent(content: Readable, request: Writable, stall = 10_000) {
  const stalls: number[] = []
  const failures: Error[] = []
  const stop = sendBody(content, request, {
    stall,
    onStall: (bytes) => void stalls.push(bytes),
    onFailure: (error) => void failures.push(error),
  })
  return { stalls, failures, stop }
}

describe('the body of a request', () => {
  it('is sent as it is, and the request is ended', async () => {
    const content = Buffer.alloc(300_000, 'x')
    const request = new PassThrough()
    const { stalls, failures } = sent(Readable.from([content.subarray(0, 7), content.subarray(7)]), request)
    expect(Buffer.concat((await request.toArray()) as Buffer[]).equals(content)).toBe(true)
    expect([stalls, failures]).toEqual([[], []])
  })

  it('is read only as fast as the connection takes it', async () => {
    const content = new PassThrough({ highWaterMark: 1 })
    const { request, bytes, take } = requestByHand()
    const { failures } = sent(content, request)
    content.write(Buffer.alloc(10))
    await sleep(20)
    expect(content.isPaused()).toBe(true)
    content.write(Buffer.alloc(10))
    await sleep(20)
    expect(bytes()).toBe(10)
    take()
    await sleep(20)
    expect(bytes()).toBe(20)
    expect(failures).toEqual([])
    content.destroy()
  })

  it('stalls if the connection takes nothing, but not while there is nothing to send', async () => {
    const content = new PassThrough()
    const { request, take } = requestByHand()
    const { stalls } = sent(content, request, 50)
    await sleep(120)
    expect(stalls).toEqual([])
    content.write(Buffer.alloc(10))
    await sleep(120)
    expect(stalls).toEqual([10])
    take()
    await sleep(120)
    expect(stalls).toEqual([10])
    content.write(Buffer.alloc(10))
    await sleep(10)
    take()
    await sleep(120)
    expect(stalls).toEqual([10])
    content.destroy()
  })

  it('stalls if the connection does not take its end', async () => {
    for (const highWaterMark of [1, 1_000]) {
      const { request } = requestByHand(highWaterMark)
      const { stalls } = sent(Readable.from([Buffer.alloc(10)]), request, 50)
      await expect.poll(() => stalls).toEqual([10])
    }
  })

  it('fails if the content fails or is closed before its end, also before it is sent', async () => {
    const failing = new PassThrough()
    const { failures } = sent(failing, requestByHand().request)
    failing.destroy(new Error('it broke'))
    await expect.poll(() => failures).toMatchObject([{ message: 'it broke' }])
    const closed = new PassThrough()
    const silent = sent(closed, requestByHand().request)
    closed.destroy()
    await expect.poll(() => silent.failures).toMatchObject([{ message: /closed before its end/ }])
    const before = sent(closed, requestByHand().request)
    expect(before.failures).toHaveLength(1)
  })

  it('is closed, and fails no more, when the sending stops', async () => {
    const content = new PassThrough()
    const { failures, stalls, stop } = sent(content, requestByHand().request, 30)
    content.write(Buffer.alloc(10))
    await sleep(5)
    stop()
    await sleep(80)
    expect(content.destroyed).toBe(true)
    expect([failures, stalls]).toEqual([[], []])
  })
})
