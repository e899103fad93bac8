/** Compares the outputs of a stage with the expected ones. */
import assert from 'node:assert/strict'
import type { Order } from '../flow/index.js'

/**
 * Returns how many inputs can be finished at most after `emitted` outputs. An input is finished when all its outputs
 * have been emitted.
 * @param counts number of outputs of each input
 */
export function maxFinished(counts: readonly number[], emitted: number): number {
  let remaining = emitted
  let finished = 0
  for (const count of [...counts].sort((a, b) => a - b)) {
    remaining -= count
    if (remaining < 0) break
    finished++
  }
  return finished
}

/** Reports whether the values are equal for `assert.deepEqual`. */
export function isDeepEqual(left: unknown, right: unknown): boolean {
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
  const missing = [...expected]
  for (const output of actual) {
    const at = missing.findIndex((other) => equal(output, other))
    assert.ok(at >= 0, 'an output was not expected, or was emitted too often')
    missing.splice(at, 1)
  }
  assert.equal(missing.length, 0, `${missing.length} of ${expected.length} outputs are missing`)
  if (order === 'source')
    assert.ok(
      expected.every((output, at) => equal(actual[at]!, output)),
      'the outputs are in the wrong order',
    )
}
