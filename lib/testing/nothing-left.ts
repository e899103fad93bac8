/** Checks that code releases its resources: descriptors, timers, and whatever the caller counts. */
import assert from 'node:assert/strict'
import { type Census, census, leftOver, restingCensus } from './nothing-left-census.js'

/** Options of `waitForRelease` and `assertNothingLeft`. */
export interface NothingLeftOptions {
  /** Further counts by name. */
  readonly gauges?: Readonly<Record<string, () => number>>
  /** Milliseconds to wait until all resources are released (2000). */
  readonly timeout?: number
}

/**
 * Waits until no kind of resource has a higher count than in `before`.
 * @throws AssertionError after `timeout` milliseconds
 */
export async function waitForRelease(
  before: Census,
  { gauges, timeout = 2000 }: NothingLeftOptions = {},
): Promise<void> {
  const limit = performance.now() + timeout
  for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
    const leaked = leftOver(before, census(gauges))
    if (leaked.length === 0) return
    if (performance.now() > limit)
      throw new assert.AssertionError({ message: `Left behind: ${leaked.join(', ')}` })
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}

/** Runs `body` and checks that it releases its resources. @throws AssertionError if it does not; the error of `body` */
export async function assertNothingLeft(
  body: () => unknown,
  options: NothingLeftOptions = {},
): Promise<void> {
  const before = await restingCensus(options.gauges)
  await body()
  await waitForRelease(before, options)
}
