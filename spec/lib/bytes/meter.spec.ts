import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Meter } from '../../../lib/bytes/meter.js'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

describe('Meter', () => {
  it('reports at once, then at most ten times a second, and always the last total', () => {
    const totals: number[] = []
    const meter = new Meter((bytes) => totals.push(bytes))
    for (let i = 0; i < 1000; i++) {
      meter.add(10)
      vi.advanceTimersByTime(1)
    }
    meter.stop()
    expect(totals[0]).toBe(10)
    expect(totals.at(-1)).toBe(10_000)
    expect(totals.length).toBeGreaterThan(8)
    expect(totals.length).toBeLessThanOrEqual(12)
    expect(totals).toEqual([...totals].sort((a, b) => a - b))
  })

  it('reports the last total by itself when no more bytes arrive', () => {
    const totals: number[] = []
    const meter = new Meter((bytes) => totals.push(bytes))
    meter.add(1)
    meter.add(2)
    expect(totals).toEqual([1])
    vi.advanceTimersByTime(100)
    expect(totals).toEqual([1, 3])
    meter.stop()
    expect(totals).toEqual([1, 3])
  })

  it('leaves no timer, and reports nothing without bytes', () => {
    const totals: number[] = []
    const silent = new Meter((bytes) => totals.push(bytes), 500)
    silent.stop()
    expect(totals).toEqual([])
    const meter = new Meter((bytes) => totals.push(bytes), 500)
    meter.add(1)
    meter.add(1)
    meter.stop()
    expect(totals).toEqual([501, 502])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('leaves no timer if the last total is already reported', () => {
    const meter = new Meter(() => undefined, 3)
    meter.add(1)
    meter.add(0)
    expect(vi.getTimerCount()).toBe(1)
    meter.stop()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('does not keep the process alive', () => {
    vi.useRealTimers()
    const waiting = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = waiting()
    const meter = new Meter(() => undefined)
    meter.add(1)
    meter.add(1)
    expect(waiting()).toBe(before)
    meter.stop()
  })

  it('restarts with `reset`', () => {
    const totals: number[] = []
    const meter = new Meter((bytes) => totals.push(bytes))
    meter.add(7)
    meter.reset()
    meter.add(2)
    meter.stop()
    expect(totals).toEqual([7, 0, 2])
  })
})
