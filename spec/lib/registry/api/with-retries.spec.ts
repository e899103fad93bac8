import { describe, expect, it } from 'vitest'
import { withRetries } from '../../../../lib/registry/api/with-retries.js'

/** Work that fails with its number, up to `failures` times. */
function failing(failures: number, onFailure?: () => void) {
  let attempts = 0
  return {
    work: () => {
      if (++attempts > failures) return Promise.resolve('done')
      onFailure?.()
      return Promise.reject(new Error(`attempt ${attempts}`))
    },
    attempts: () => attempts,
  }
}

describe('work with retries', () => {
  it('is repeated as long as its caller wants, with the number of the attempt', async () => {
    const asked: unknown[] = []
    const again = (error: unknown, attempt: number): number => asked.push([String(error), attempt])
    expect(await withRetries(failing(2).work, { again })).toBe('done')
    expect(asked).toEqual([
      ['Error: attempt 1', 1],
      ['Error: attempt 2', 2],
    ])
  })

  it('fails with its last error if its caller gives up, or none decides', async () => {
    const again = (_: unknown, attempt: number): number | undefined => (attempt < 3 ? 0 : undefined)
    await expect(withRetries(failing(9).work, { again })).rejects.toThrow('attempt 3')
    await expect(withRetries(failing(9).work, {})).rejects.toThrow('attempt 1')
  })

  it('fails with its own error if the signal has aborted, and nobody is asked', async () => {
    const cancel = new AbortController()
    const { work, attempts } = failing(9, () => cancel.abort())
    const again = (): number => {
      throw new Error('asked')
    }
    await expect(withRetries(work, { again, signal: cancel.signal })).rejects.toThrow('attempt 1')
    expect(attempts()).toBe(1)
  })

  it('is CANCELLED if the signal aborts during the wait', async () => {
    const cancel = new AbortController()
    const again = (): number => {
      queueMicrotask(() => cancel.abort())
      return 60_000
    }
    await expect(withRetries(failing(9).work, { again, signal: cancel.signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    })
  })
})
