import { describe, expect, it } from 'vitest'
import { inSlots } from '../../../../lib/transfer/copy/in-slots.js'
import { sleep } from '../../../support/flow-lines.js'

describe('work in slots', () => {
  it('is done as many at a time as there are slots, with results in the order of the items', async () => {
    const state = { running: 0, most: 0 }
    const results = await inSlots([5, 1, 4, 2, 3, 0], 3, async (item) => {
      state.most = Math.max(state.most, ++state.running)
      await sleep(item)
      state.running--
      return item * 2
    })
    expect(results).toEqual([10, 2, 8, 4, 6, 0])
    expect(state).toEqual({ running: 0, most: 3 })
  })

  it('fails with the first error after all that was begun has ended, and begins nothing more', async () => {
    const begun: number[] = []
    const ended: number[] = []
    const failed = inSlots([1, 2, 3, 4, 5], 2, async (item) => {
      begun.push(item)
      if (item === 1) throw new Error('the first')
      await sleep(5)
      ended.push(item)
    })
    await expect(failed).rejects.toThrow('the first')
    expect([begun, ended]).toEqual([[1, 2], [2]])
  })

  it('is nothing for no items', async () => {
    expect(await inSlots([], 4, () => Promise.reject(new Error('never')))).toEqual([])
  })
})
