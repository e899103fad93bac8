import { describe, expect, it } from 'vitest'
import {
  isDownloading,
  isUnpacking,
  measurePace,
  rateOf,
  rateWith,
  startPace,
} from '../../../lib/events/pace.js'
import type { LayerSnapshot, PullPace } from '../../../lib/events/snapshot-state.js'

const layer = (digest: string, fetched: number, more: Partial<LayerSnapshot> = {}): LayerSnapshot => ({
  digest,
  status: 'downloading',
  current: fetched,
  total: 10_000,
  fetched,
  unpacked: 0,
  ...more,
})

/** The pace after these states of the layers, which follow each other by the given times. */
function paceAfter(
  ...states: readonly (readonly [at: number, layers: readonly LayerSnapshot[]])[]
): PullPace {
  let pace = startPace(0)
  let before: readonly LayerSnapshot[] = []
  for (const [at, after] of states) {
    pace = measurePace(pace, { before, after, at })
    before = after
  }
  return pace
}

describe('the pace of a pull', () => {
  it('has the time to the first bytes apart from the rate', () => {
    const pace = paceAfter(
      [0, [layer('a', 0)]],
      [400, [layer('a', 0)]],
      [500, [layer('a', 100)]],
      [600, [layer('a', 1_100)]],
    )
    expect(pace.latency).toBe(500)
    expect(rateOf(pace.download)).toBeGreaterThan(9)
    expect(rateOf(pace.download)).toBeLessThan(12)
  })

  it('has the most downloads and unpackings at one time', () => {
    const unpacking = (digest: string) => layer(digest, 10_000, { status: 'extracting', unpacked: 1 })
    const pace = paceAfter(
      [0, [layer('a', 0), layer('b', 0)]],
      [1, [unpacking('a'), unpacking('b'), layer('c', 0)]],
      [2, []],
    )
    expect([pace.downloads, pace.unpacks]).toEqual([2, 2])
  })

  it('does not count what the target had already', () => {
    for (const status of ['exists', 'mounted'] as const)
      expect(paceAfter([0, [layer('a', 0)]], [100, [layer('a', 10_000, { status })]]).download.bytes).toBe(0)
    expect(paceAfter([0, [layer('a', 10_000)]]).download.bytes).toBe(0)
    const back = paceAfter([0, [layer('a', 500)]], [100, [layer('a', 0, { status: 'restart' })]])
    expect(back.download.bytes).toBe(0)
  })

  it.each(['exists', 'mounted'] as const)(
    'counts only what arrives beside a layer that the target has: %s',
    (status) => {
      const there = layer('b', 10_000, { status, unpacked: 10_000 })
      const pace = paceAfter(
        [0, [layer('a', 1_000), layer('b', 0, { status: 'waiting' })]],
        [1_000, [layer('a', 6_000), there]],
      )
      expect(rateOf(pace.download)).toBeCloseTo(5, 1)
      expect(pace.downloadBy.map(rateOf)).toEqual([expect.closeTo(5, 1)])
      expect(rateOf(pace.unpack)).toBeUndefined()
    },
  )

  it('has rates by the number of downloads that receive bytes', () => {
    const pace = paceAfter(
      [0, [layer('a', 1)]],
      [1_000, [layer('a', 1_001)]],
      [1_001, [layer('a', 1_002), layer('b', 1)]],
      [2_001, [layer('a', 3_002), layer('b', 2_001)]],
    )
    expect(pace.downloadBy).toHaveLength(2)
    expect(rateWith(pace.downloadBy, 1)).toBeCloseTo(1, 1)
    expect(rateWith(pace.downloadBy, 2)).toBeCloseTo(4, 1)
    expect(rateWith(pace.downloadBy, 3)).toBeUndefined()
    expect(rateWith([{ bytes: 10, milliseconds: 499 }], 1)).toBeUndefined()
    expect(rateWith([{ bytes: 10, milliseconds: 500 }], 1)).toBe(0.02)
  })

  it('forgets older measurements slowly', () => {
    const steps: [number, LayerSnapshot[]][] = [[0, [layer('a', 1, { total: 1e9 })]]]
    for (let second = 1; second <= 60; second++)
      steps.push([
        second * 1_000,
        [layer('a', second <= 30 ? second * 1_000 : 30_000 + (second - 30) * 10_000, { total: 1e9 })],
      ])
    const rate = rateOf(paceAfter(...steps).download)!
    expect(rate).toBeGreaterThan(6)
    expect(rate).toBeLessThan(10)
  })

  it('knows that fetched bytes wait for unpacking', () => {
    const waiting = layer('a', 10_000, { status: 'extracting', unpacked: 10, fetchedAt: 0 })
    const state = { ...waiting, unpacked: 110 }
    expect(paceAfter([0, [waiting]], [200, [waiting]], [300, [state]]).unpackHeld.bytes).toBe(0)
    expect(paceAfter([0, [waiting]], [300, [waiting]], [400, [state]]).unpackHeld.bytes).toBe(100)
    expect(paceAfter([0, [waiting]], [300, [waiting]], [400, [state]]).unpack.bytes).toBeCloseTo(100)
  })

  it('does not go back in time', () => {
    expect(paceAfter([1_000, [layer('a', 1)]], [500, [layer('a', 2)]]).at).toBe(1_000)
  })
})

describe('a rate', () => {
  it('is unknown without bytes or time', () => {
    expect(rateOf({ bytes: 0, milliseconds: 5 })).toBeUndefined()
    expect(rateOf({ bytes: 5, milliseconds: 0 })).toBeUndefined()
    expect(rateOf({ bytes: 10, milliseconds: 5 })).toBe(2)
  })

  it('is that of layers with bytes to fetch, and of those with bytes to unpack', () => {
    for (const status of ['downloading', 'copying'] as const)
      expect(isDownloading(layer('a', 0, { status }))).toBe(true)
    for (const status of ['waiting', 'verifying', 'retrying', 'complete'] as const)
      expect(isDownloading(layer('a', 0, { status }))).toBe(false)
    expect(isUnpacking(layer('a', 5, { unpacked: 1 }))).toBe(true)
    expect(isUnpacking(layer('a', 5))).toBe(false)
    expect(isUnpacking(layer('a', 5, { status: 'extracting' }))).toBe(true)
    expect(isUnpacking(layer('a', 10_000, { status: 'complete', unpacked: 10_000 }))).toBe(false)
  })
})
