import { describe, expect, it } from 'vitest'
import { mayBeNoise, type Spread } from '../../../puller/bench/statistics.js'

const spread = (median: number, range: number, runs: number): Spread => ({
  ...{ median, runs, least: median - range / 2, most: median + range / 2 },
})

describe('a difference of medians', () => {
  it('may be noise up to twice its standard error', () => {
    // Five runs with a range of 2.326: standard deviation 1, error of the median 1.2533 / √5, of the difference √2 times that.
    const limit = 2 * Math.SQRT2 * (1.2533 / Math.sqrt(5))
    const reference = spread(10, 2.326, 5)
    expect(mayBeNoise(spread(10 + 0.99 * limit, 2.326, 5), reference)).toBe(true)
    expect(mayBeNoise(spread(10 + 1.01 * limit, 2.326, 5), reference)).toBe(false)
    expect(mayBeNoise(reference, spread(10 + 1.01 * limit, 2.326, 5))).toBe(false)
  })

  it('is told apart from noise by more runs, and never by one', () => {
    expect(mayBeNoise(spread(11, 2, 3), spread(10, 2, 3))).toBe(true)
    expect(mayBeNoise(spread(11, 2, 40), spread(10, 2, 40))).toBe(false)
    expect(mayBeNoise(spread(100, 0, 1), spread(10, 0, 5))).toBe(true)
  })
})
