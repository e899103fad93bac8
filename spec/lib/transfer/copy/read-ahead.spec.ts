import { describe, expect, it } from 'vitest'
import { ReadAhead } from '../../../../lib/transfer/copy/read-ahead.js'
import { sleep } from '../../../support/flow-lines.js'

/** A reader that records which keys were read, and how many concurrently. */
function reading(slots: number, signal = new AbortController().signal) {
  const asked: string[] = []
  const state = { running: 0, most: 0 }
  const ahead = new ReadAhead<string, string>(
    async (key, aborted) => {
      asked.push(key)
      state.most = Math.max(state.most, ++state.running)
      await sleep(2)
      state.running--
      aborted.throwIfAborted()
      if (key === 'bad') throw new Error('cannot be read')
      return key.toUpperCase()
    },
    { slots, signal },
  )
  return { ahead, asked, state }
}

describe('reading ahead', () => {
  it('reads as many values as it has slots, in the order in which they will be requested', async () => {
    const { ahead, asked } = reading(2)
    ahead.plan(['a', 'b', 'c'])
    expect(asked).toEqual(['a', 'b'])
    expect(await ahead.get('a')).toBe('A')
    expect(asked).toEqual(['a', 'b', 'c'])
    ahead.plan(['x'])
    expect(await ahead.get('x')).toBe('X')
    expect(await ahead.get('b')).toBe('B')
    expect(await ahead.get('c')).toBe('C')
    expect(asked).toEqual(['a', 'b', 'c', 'x'])
    await ahead.close()
  })

  it('reads each value once, and a value that was not planned when it is requested', async () => {
    const { ahead, asked, state } = reading(3)
    const keys = Array.from({ length: 30 }, (_, at) => `k${at}`)
    ahead.plan(keys.slice(0, 20))
    for (const key of keys) expect(await ahead.get(key)).toBe(key.toUpperCase())
    expect(asked.toSorted()).toEqual(keys.toSorted())
    expect(state.most).toBeLessThanOrEqual(3 + 1)
    await ahead.close()
  })

  it('keeps an error until the value is requested', async () => {
    const { ahead } = reading(4)
    ahead.plan(['a', 'bad'])
    await sleep(10)
    expect(await ahead.get('a')).toBe('A')
    await expect(ahead.get('bad')).rejects.toThrow('cannot be read')
    await ahead.close()
  })

  it('aborts reads of values that were not requested, and waits for their end', async () => {
    const { ahead, state } = reading(4)
    ahead.plan(['a', 'b', 'c'])
    expect(state.running).toBe(3)
    await ahead.close()
    expect(state.running).toBe(0)
  })

  it('is aborted with its signal', async () => {
    const stop = new AbortController()
    const { ahead } = reading(4, stop.signal)
    const read = ahead.get('a')
    stop.abort(new Error('enough'))
    await expect(read).rejects.toThrow('enough')
    await ahead.close()
  })
})
