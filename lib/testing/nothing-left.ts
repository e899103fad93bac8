/** Checks that code releases its resources: file descriptors, timers, and what the caller counts in addition. */
import assert from 'node:assert/strict'
import { type Census, census, describeLeaks, idleCensus } from './nothing-left-census.js'

/** Options of `waitForRelease` and `assertNothingLeft`. */
export interface NothingLeftOptions {
  /** Functions that return further counts, by name, for example the number of files in a directory. */
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
  const deadline = performance.now() + timeout
  for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
    const leaked = describeLeaks(before, census(gauges))
    if (leaked.length === 0) return
    if (performance.now() > deadline)
      throw new assert.AssertionError({ message: `Left behind: ${leaked.join(', ')}` })
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}

/** Runs `body` and checks that it releases its resources. @throws AssertionError if it does not; the error of `body` */
export async function assertNothingLeft(
  body: () => unknown,
  options: NothingLeftOptions = {},
): Promise<void> {
  const before = await idleCensus(options.gauges)
  await body()
  await waitForRelease(before, options)
}
