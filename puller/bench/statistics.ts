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
