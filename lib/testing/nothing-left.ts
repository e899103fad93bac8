/** Checks that something leaves nothing behind: no descriptor, no timer, nothing that the caller counts beside. */
import assert from 'node:assert/strict'
import { type Census, census, leftOver, restingCensus } from './nothing-left-census.js'

export interface NothingLeftOptions {
  /** Further things to count, by name. */
  readonly gauges?: Readonly<Record<string, () => number>>
  /** Milliseconds in which what is on its way out may go (2000). */
  readonly patience?: number
}

/** Waits until there is no more of anything than in `before`. */
export async function backTo(
  before: Census,
  { gauges, patience = 2000 }: NothingLeftOptions = {},
): Promise<void> {
  const limit = performance.now() + patience
  for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
    const left = leftOver(before, census(gauges))
    if (left.length === 0) return
    if (performance.now() > limit)
      throw new assert.AssertionError({ message: `Left behind: ${left.join(', ')}` })
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}

/** Runs `body` and rejects if there is more of anything after it than before. */
export async function assertNothingLeft(
  body: () => unknown,
  options: NothingLeftOptions = {},
): Promise<void> {
  const before = await restingCensus(options.gauges)
  await body()
  await backTo(before, options)
}
