import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { StillRunningError } from '../../lib/flow/index.js'
import { waitWithin } from '../../puller/within.js'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

describe('a wait with a time limit', () => {
  it.each<[string, () => Promise<void>]>([
    ['succeeds', () => Promise.resolve()],
    ['fails', () => Promise.reject(new Error('failed'))],
  ])('leaves no timer when the work %s in time', async (_, work) => {
    await waitWithin(work(), 60_000, () => []).catch(() => undefined)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('fails at the limit with the names of what runs at that time', async () => {
    const running = ['first']
    const waiting = waitWithin(new Promise(() => undefined), 60_000, () => running)
    const failed = expect(waiting).rejects.toEqual(new StillRunningError(['second'], 60_000))
    running[0] = 'second'
    await vi.advanceTimersByTimeAsync(60_000)
    await failed
  })

  it('has no end without a limit', async () => {
    let isOver = false
    const end = (): void => void (isOver = true)
    waitWithin(new Promise(() => undefined), undefined, () => []).then(end, end)
    await vi.advanceTimersByTimeAsync(24 * 3_600_000)
    expect([isOver, vi.getTimerCount()]).toEqual([false, 0])
  })
})
