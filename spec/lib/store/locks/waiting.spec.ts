import { getEventListeners } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import { waitFor } from '../../../../lib/store/locks/waiting.js'

describe('a wait for what another process holds', () => {
  it('ends with the first result, which may be false', async () => {
    const attempt = vi.fn<() => Promise<boolean | undefined>>(() => Promise.resolve(undefined))
    attempt.mockResolvedValueOnce(undefined).mockResolvedValueOnce(undefined).mockResolvedValueOnce(false)
    const { signal } = new AbortController()
    expect(await waitFor(attempt, signal)).toBe(false)
    expect(attempt).toHaveBeenCalledTimes(3)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('ends with the error of an attempt', async () => {
    const failed = new Error('EIO')
    await expect(waitFor(() => Promise.reject(failed))).rejects.toBe(failed)
  })

  it('does not begin after an abortion, and ends with its reason', async () => {
    const reason = new Error('enough')
    const attempt = vi.fn(() => Promise.resolve(undefined))
    await expect(waitFor(attempt, AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(attempt).not.toHaveBeenCalled()
    const stop = new AbortController()
    const waiting = waitFor(attempt, stop.signal)
    await vi.waitFor(() => expect(attempt).toHaveBeenCalled())
    stop.abort(reason)
    await expect(waiting).rejects.toBe(reason)
  })
})
