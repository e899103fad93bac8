import { describe, expect, it, vi } from 'vitest'
import { streamOf } from '../../../../lib/sources/places/stream-of.js'

describe('a stream of a generator', () => {
  it('has its chunks', async () => {
    const chunks = async function* (): AsyncGenerator<Buffer, void, undefined> {
      yield await Promise.resolve(Buffer.from('a'))
      yield Buffer.from('b')
    }
    expect(Buffer.concat(await streamOf(chunks(), () => undefined).toArray()).toString()).toBe('ab')
  })

  it('stops a generator that waits before it is closed', async () => {
    let go = (): void => undefined
    const waiting = new Promise<void>((resolve) => (go = resolve))
    const ended = vi.fn()
    const chunks = async function* (): AsyncGenerator<Buffer, void, undefined> {
      try {
        yield Buffer.from('a')
        await waiting
      } finally {
        ended()
      }
    }
    const stop = vi.fn(() => go())
    const stream = streamOf(chunks(), stop)
    const reader = stream[Symbol.asyncIterator]()
    await reader.next()
    const next = reader.next().catch(() => undefined)
    stream.destroy()
    await vi.waitFor(() => expect(stream.closed).toBe(true), { timeout: 5_000 })
    await next
    expect([stop.mock.calls.length, ended.mock.calls.length]).toEqual([1, 1])
  })
})
