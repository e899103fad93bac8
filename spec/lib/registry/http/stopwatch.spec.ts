import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Stopwatch } from '../../../../lib/registry/http/stopwatch.js'

const timeoutError = (): Error => new Error('too late')
/** Work that takes some time, or fails when its signal aborts. */
const lasting = (ms: number) => (signal: AbortSignal) =>
  new Promise<string>((resolve, reject) => {
    setTimeout(() => resolve('done'), ms)
    signal.addEventListener('abort', () => reject(new Error('aborted')))
  })

describe('a time budget', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  /** Runs work, and returns its result or the message of its error. */
  async function run(watch: Stopwatch, ms: number, signal?: AbortSignal): Promise<string> {
    const result = watch.run(lasting(ms), timeoutError, signal).catch((error: unknown) => String(error))
    await vi.advanceTimersByTimeAsync(ms)
    return result
  }

  it('is that of several runs together, and not of the time between them', async () => {
    const watch = new Stopwatch(1000)
    expect(await run(watch, 600)).toBe('done')
    await vi.advanceTimersByTimeAsync(5000)
    expect(await run(watch, 300)).toBe('done')
    expect(await run(watch, 200)).toBe('Error: too late')
  })

  it('that is used up starts no work', async () => {
    const watch = new Stopwatch(100)
    expect(await run(watch, 200)).toBe('Error: too late')
    const work = vi.fn(() => Promise.resolve('done'))
    await expect(watch.run(work, timeoutError)).rejects.toThrow('too late')
    expect(work).not.toHaveBeenCalled()
  })

  it('leaves the errors of the work, and that of a cancellation, as they are', async () => {
    const watch = new Stopwatch(1000)
    const failing = (): Promise<never> => Promise.reject(new Error('broken'))
    await expect(watch.run(failing, timeoutError)).rejects.toThrow('broken')
    const cancel = new AbortController()
    setTimeout(() => cancel.abort(), 100)
    expect(await run(watch, 500, cancel.signal)).toBe('Error: aborted')
    // Both at once: the user has cancelled.
    const both = new AbortController()
    const late = watch
      .run(
        (signal) =>
          new Promise((_, reject) => {
            signal.addEventListener('abort', () => {
              both.abort()
              reject(new Error('aborted'))
            })
          }),
        timeoutError,
        both.signal,
      )
      .catch((error: unknown) => String(error))
    await vi.advanceTimersByTimeAsync(1000)
    expect(await late).toBe('Error: aborted')
  })

  it('leaves no timer, and may exceed the maximum of one', async () => {
    expect(await run(new Stopwatch(3e9), 50)).toBe('done')
    expect(vi.getTimerCount()).toBe(0)
  })
})
