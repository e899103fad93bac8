import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { SingleFlight } from '../../../../lib/flow/actors/single-flight.js'
import { joinFlight } from '../../../../lib/registry/auth/flight.js'

describe('joinFlight', () => {
  it('removes its listeners from all signals at the end', async () => {
    const flights = new SingleFlight<string, number>()
    const { signal } = new AbortController()
    expect(await joinFlight(flights, 'a', () => Promise.resolve(1), signal)).toBe(1)
    await expect(joinFlight(flights, 'b', () => Promise.reject(new Error('no')), signal)).rejects.toThrow(
      'no',
    )
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('aborts the work when the last caller has left, and not before', async () => {
    const flights = new SingleFlight<string, number>()
    const [first, second] = [new AbortController(), new AbortController()]
    let shared: AbortSignal | undefined
    const work = (signal: AbortSignal): Promise<number> => {
      shared = signal
      return new Promise(() => undefined)
    }
    const waiting = [first, second].map(({ signal }) => joinFlight(flights, 'a', work, signal))
    first.abort()
    await expect(waiting[0]).rejects.toMatchObject({ code: 'CANCELLED', cause: first.signal.reason })
    expect(shared?.aborted).toBe(false)
    second.abort()
    await expect(waiting[1]).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(shared?.aborted).toBe(true)
  })

  it('does not start the work for a signal that is already aborted', async () => {
    let begun = 0
    const work = (): Promise<number> => Promise.resolve(++begun)
    await expect(joinFlight(new SingleFlight(), 'a', work, AbortSignal.abort())).rejects.toMatchObject({
      code: 'CANCELLED',
      cause: { name: 'AbortError' },
    })
    expect(begun).toBe(0)
  })

  it('ends for a signal that the work aborts while it is started', async () => {
    const cancel = new AbortController()
    const work = (): Promise<never> => {
      cancel.abort()
      return new Promise(() => undefined)
    }
    await expect(joinFlight(new SingleFlight(), 'a', work, cancel.signal)).rejects.toMatchObject({
      code: 'CANCELLED',
    })
  })
})
