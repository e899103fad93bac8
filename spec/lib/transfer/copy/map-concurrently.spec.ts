import { describe, expect, it } from 'vitest'
import { mapConcurrently } from '../../../../lib/transfer/copy/map-concurrently.js'
import { sleep } from '../../../support/flow-lines.js'

describe('mapConcurrently', () => {
  it('works on as many items as there are slots, and returns results in the order of the items', async () => {
    const state = { running: 0, most: 0 }
    const results = await mapConcurrently([5, 1, 4, 2, 3, 0], 3, async (item) => {
      state.most = Math.max(state.most, ++state.running)
      await sleep(item)
      state.running--
      return item * 2
    })
    expect(results).toEqual([10, 2, 8, 4, 6, 0])
    expect(state).toEqual({ running: 0, most: 3 })
  })

  it('fails with the first error when all started work has ended, and starts no more', async () => {
    const begun: number[] = []
    const ended: number[] = []
    const failed = mapConcurrently([1, 2, 3, 4, 5], 2, async (item) => {
      begun.push(item)
      if (item === 1) throw new Error('the first')
      await sleep(5)
      ended.push(item)
    })
    await expect(failed).rejects.toThrow('the first')
    expect([begun, ended]).toEqual([[1, 2], [2]])
  })

  it('returns no results for no items', async () => {
    expect(await mapConcurrently([], 4, () => Promise.reject(new Error('never')))).toEqual([])
  })
})
