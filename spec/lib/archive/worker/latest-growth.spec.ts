import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { LatestGrowth } from '../../../../lib/archive/worker/latest-growth.js'
import type { Growth } from '../../../../lib/archive/worker/task.js'

describe('the latest growth of a file', () => {
  const at = (length: number, final = false): Growth => ({ length, final })

  it('is yielded once, and replaces those that were not read', async () => {
    const growth = new LatestGrowth()
    const seen: number[] = []
    const reading = (async () => {
      for await (const { length } of growth) seen.push(length)
    })()
    growth.report(at(1))
    growth.report(at(2))
    await setImmediate()
    await setImmediate()
    expect(seen).toEqual([2])
    growth.report(at(3))
    await setImmediate()
    expect(seen).toEqual([2, 3])
    growth.report(at(3, true))
    await reading
    expect(seen).toEqual([2, 3, 3])
  })

  it('that was reported before anybody reads is not lost, and a final one is the last', async () => {
    const growth = new LatestGrowth()
    growth.report(at(5, true))
    const iterator = growth[Symbol.asyncIterator]()
    expect((await iterator.next()).value).toEqual(at(5, true))
    expect((await iterator.next()).done).toBe(true)
  })
})
