/** Statistics of repeated runs. */

/** Median, minimum, maximum and number of the values. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
  readonly runs: number
}

/** Returns the median; NaN for no values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export const spreadOf = (values: readonly number[]): Spread => ({
  median: median(values),
  least: Math.min(...values),
  most: Math.max(...values),
  runs: values.length,
})

/**
 * Range of n values of a normal distribution in standard deviations, from n = 2 on (the constant d2 of control charts). The
 * last is used for more values.
 */
const rangeInDeviations = [
  1.128, 1.693, 2.059, 2.326, 2.534, 2.704, 2.847, 2.97, 3.078, 3.173, 3.258, 3.336, 3.407, 3.472,
]

/** Returns the standard error of a median, estimated from the range of its values; Infinity for one value. */
const errorOf = ({ least, most, runs }: Spread): number => {
  const range = rangeInDeviations[Math.min(runs - 2, rangeInDeviations.length - 1)]
  // 1.2533 is √(π/2): the standard error of a median in terms of that of a mean.
  return range === undefined ? Infinity : (1.2533 * (most - least)) / range / Math.sqrt(runs)
}

/** Reports whether the medians may differ by chance: by less than twice the standard error of their difference. */
export const mayBeNoise = (a: Spread, b: Spread): boolean =>
  Math.abs(a.median - b.median) <= 2 * Math.hypot(errorOf(a), errorOf(b))

/** Returns the items in a pseudo-random order that depends only on `seed`. */
export function shuffle<T>(items: readonly T[], seed: number): T[] {
  const remaining = [...items]
  // A linear congruential generator with the constants of Numerical Recipes. The factor 2654435761 (Knuth) spreads
  // seeds.
  let state = seed * 2654435761 + 1
  return items.map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return remaining.splice(state % remaining.length, 1)[0]!
  })
}
