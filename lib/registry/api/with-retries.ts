/** Retries work as its caller decides. */
import { setTimeout as sleep } from 'node:timers/promises'
import { WindlassError } from '../../errors.js'
import type { TagsRequest } from '../../image/source.js'

/**
 * Runs `work` until it succeeds. After a failure, `again` returns the milliseconds to wait before the next attempt,
 * or undefined to give up.
 * @throws the last error of `work`; CANCELLED when `signal` aborts between two attempts
 */
export async function withRetries<T>(work: () => Promise<T>, { again, signal }: TagsRequest): Promise<T> {
  for (let attempt = 1; ; attempt++)
    try {
      return await work()
    } catch (error) {
      const delay = signal?.aborted ? undefined : again?.(error, attempt)
      if (delay === undefined) throw error
      await sleep(delay, undefined, signal && { signal }).catch((cause: unknown) => {
        throw new WindlassError('CANCELLED', 'Cancelled while waiting to try again', { cause })
      })
    }
}
