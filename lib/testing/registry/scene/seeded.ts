/** Generates reproducible random numbers from a text. */

/**
 * Returns a function that returns the next random integer from 0 to `below`, exclusive. The same seed gives the same
 * sequence (mulberry32, started with the FNV-1a hash of the seed).
 */
export function seededIntegers(seed: string): (below: number) => number {
  let state = 0x811c9dc5
  for (const byte of Buffer.from(seed)) state = Math.imul(state ^ byte, 0x01000193)
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}
