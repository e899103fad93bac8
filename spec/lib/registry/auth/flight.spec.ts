import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { SingleFlight } from '../../../../lib/flow/actors/single-flight.js'
import { share } from '../../../../lib/registry/auth/flight.js'

describe('a request that several share', () => {
  it('leaves no listener on the signal of any of them when it is over', async () => {
    const flights = new SingleFlight<string, number>()
    const { signal } = new AbortController()
    expect(await share(flights, 'a', () => Promise.resolve(1), signal)).toBe(1)
    await expect(share(flights, 'b', () => Promise.reject(new Error('no')), signal)).rejects.toThrow('no')
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('ends when the last of them has left, and not before', async () => {
    const flights = new SingleFlight<string, number>()
    const [first, second] = [new AbortController(), new AbortController()]
    let shared: AbortSignal | undefined
    const work = (signal: AbortSignal): Promise<number> => {
      shared = signal
      return new Promise(() => undefined)
    }
    const waiting = [first, second].map(({ signal }) => share(flights, 'a', work, signal))
    first.abort()
    await expect(waiting[0]).rejects.toMatchObject({ code: 'CANCELLED', cause: first.signal.reason })
    expect(shared?.aborted).toBe(false)
    second.abort()
    await expect(waiting[1]).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(shared?.aborted).toBe(true)
  })

  it('is not begun for a signal that has aborted', async () => {
    let begun = 0
    const work = (): Promise<number> => Promise.resolve(++begun)
    await expect(share(new SingleFlight(), 'a', work, AbortSignal.abort())).rejects.toMatchObject({
      code: 'CANCELLED',
      cause: { name: 'AbortError' },
    })
    expect(begun).toBe(0)
  })
})
