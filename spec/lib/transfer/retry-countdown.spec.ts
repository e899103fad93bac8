import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RetryCountdown } from '../../../lib/transfer/retry-countdown.js'

describe('the countdown to the next attempt', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  const counted = (wait: number): { told: number[]; countdown: RetryCountdown } => {
    const told: number[] = []
    const countdown = new RetryCountdown()
    countdown.start(wait, (left) => told.push(left))
    return { told, countdown }
  }

  it('reports the remaining time every second, and the end (S2-51)', () => {
    const { told } = counted(5000)
    expect(told).toEqual([5000])
    vi.advanceTimersByTime(1000)
    expect(told).toEqual([5000, 4000])
    vi.advanceTimersByTime(10_000)
    expect(told).toEqual([5000, 4000, 3000, 2000, 1000, 0])
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each([
    [0, [0]],
    [1, [1, 0]],
    [1000, [1000, 0]],
    [2500, [2500, 1500, 500, 0]],
  ])('of %i ms is %j', (wait, all) => {
    const { told } = counted(wait)
    vi.advanceTimersByTime(10_000)
    expect(told).toEqual(all)
  })

  it('stops at once, and can be started again (S2-52)', () => {
    const { told, countdown } = counted(5000)
    countdown.stop()
    vi.advanceTimersByTime(10_000)
    expect([told, vi.getTimerCount()]).toEqual([[5000], 0])
    countdown.start(1000, (left) => told.push(left))
    countdown.start(2000, (left) => told.push(left))
    vi.advanceTimersByTime(10_000)
    expect(told).toEqual([5000, 1000, 2000, 1000, 0])
  })
})
