import { getEventListeners } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import { retried } from '../../../pipelines/artifacts/retried.js'

const failing = (times: number) => {
  let calls = 0
  return vi.fn(() =>
    calls++ < times ? Promise.reject(new Error(`failure ${calls}`)) : Promise.resolve('done'),
  )
}

describe('work that is repeated', () => {
  it('ends with its first success, and counts its attempts from one', async () => {
    const work = failing(2)
    const again = vi.fn<(error: unknown, attempt: number) => number>(() => 0)
    const { signal } = new AbortController()
    expect(await retried(work, { again, signal })).toBe('done')
    expect(again.mock.calls.map(([error, attempt]) => `${(error as Error).message} ${attempt}`)).toEqual([
      ...['failure 1 1', 'failure 2 2'],
    ])
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('fails with its last error if there is no further attempt', async () => {
    const again = (_: unknown, attempt: number) => (attempt < 2 ? 0 : undefined)
    await expect(retried(failing(9), { again })).rejects.toThrow('failure 2')
  })

  it('is cancelled by its signal: after a failure, and during the wait', async () => {
    const work = failing(9)
    const cancelled = { code: 'CANCELLED' }
    const again = vi.fn(() => 60_000)
    await expect(retried(work, { again, signal: AbortSignal.abort() })).rejects.toMatchObject(cancelled)
    expect(again).not.toHaveBeenCalled()
    const stop = new AbortController()
    const waiting = expect(retried(work, { again, signal: stop.signal })).rejects.toMatchObject(cancelled)
    await vi.waitFor(() => expect(again).toHaveBeenCalled())
    stop.abort()
    await waiting
    expect(work).toHaveBeenCalledTimes(2)
  })
})
