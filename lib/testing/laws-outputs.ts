/** Compares the outputs of a stage with the expected ones. */
import assert from 'node:assert/strict'
import type { Order } from '../flow/index.js'

/**
 * Returns the maximum number of inputs that can have emitted all their outputs when `emitted` outputs were emitted.
 * @param counts number of outputs of each input
 */
export function maxFinished(counts: readonly number[], emitted: number): number {
  let left = emitted
  let finished = 0
  for (const count of [...counts].sort((a, b) => a - b)) {
    left -= count
    if (left < 0) break
    finished++
  }
  return finished
}

/** Whether the values are equal for `assert.deepEqual`. */
export function deepEqual(left: unknown, right: unknown): boolean {
  try {
    assert.deepEqual(left, right)
    return true
  } catch {
    return false
  }
}

/**
 * Checks that `actual` has the same elements as `expected`, and in the same order if `order` is `source`.
 * @throws AssertionError
 */
export function assertSameElements<T>(
  actual: readonly T[],
  expected: readonly T[],
  equal: (left: T, right: T) => boolean,
  order: Order = 'arrival',
): void {
  const left = [...expected]
  for (const each of actual) {
    const at = left.findIndex((other) => equal(each, other))
    assert.ok(at >= 0, 'an output was not expected, or was emitted too often')
    left.splice(at, 1)
  }
  assert.equal(left.length, 0, `${left.length} of ${expected.length} outputs are missing`)
  if (order === 'source')
    assert.ok(
      expected.every((each, at) => equal(actual[at]!, each)),
      'the outputs are in the wrong order',
    )
}
