import { describe, expect, it } from 'vitest'
import { fitLine, fitPowerLaw, largerHalf, type Point } from '../../../benchmarks/growth/fit.js'

const points = (ns: readonly number[], cost: (n: number) => number): Point[] =>
  ns.map((n) => ({ n, cost: cost(n) }))

describe('fitLine', () => {
  it('finds the line that the points are on', () => {
    const { base, slope } = fitLine(points([1, 2, 4, 8, 64], (n) => 0.3 + 0.02 * n))
    expect(base).toBeCloseTo(0.3)
    expect(slope).toBeCloseTo(0.02)
  })

  it('goes between points that are on none, by least squares', () => {
    const { base, slope } = fitLine([
      { n: 0, cost: 0 },
      { n: 1, cost: 3 },
      { n: 2, cost: 3 },
    ])
    expect(slope).toBeCloseTo(1.5)
    expect(base).toBeCloseTo(0.5)
  })

  it('is flat through a single point', () => {
    expect(fitLine([{ n: 5, cost: 7 }])).toEqual({ base: 7, slope: 0 })
  })
})

describe('fitPowerLaw', () => {
  it('is 1 of what grows with n, 2 of what grows with its square, 0 of what stays', () => {
    const ns = [1, 10, 100, 1000]
    expect(fitPowerLaw(points(ns, (n) => 4 * n)).exponent).toBeCloseTo(1)
    expect(fitPowerLaw(points(ns, (n) => 0.1 * n * n)).exponent).toBeCloseTo(2)
    expect(fitPowerLaw(points(ns, (n) => 0.1 * n * n)).costOf(7)).toBeCloseTo(4.9)
    expect(fitPowerLaw(points(ns, () => 150e6)).exponent).toBeCloseTo(0)
  })
})

describe('largerHalf', () => {
  const kept = (ns: readonly number[]): number[] => largerHalf(points(ns, () => 1)).map(({ n }) => n)

  it('keeps the middle one of an odd number, and what is larger, in whatever order they come', () => {
    expect(kept([64, 1, 8, 2, 32, 4, 16])).toEqual([8, 16, 32, 64])
    expect(kept([1, 100, 1000, 10_000, 30_000, 100_000])).toEqual([10_000, 30_000, 100_000])
  })

  it('keeps two where there are two', () => {
    expect(kept([1, 2, 4])).toEqual([2, 4])
    expect(kept([1, 2])).toEqual([1, 2])
    expect(kept([3])).toEqual([3])
    expect(kept([])).toEqual([])
  })
})
