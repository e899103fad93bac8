/** Provides `retried`, which repeats work that failed for a reason that may pass. */
import { setTimeout as sleep } from 'node:timers/promises'
import { cancelledError } from '../run-for-result.js'

/** When `retried` tries again. */
export interface RetriedOptions {
  /** Returns the milliseconds to wait after a failure; undefined to fail. `attempt` counts from 1. */
  readonly again: (error: unknown, attempt: number) => number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Returns the result of `work`. @throws the last error of `work`; CANCELLED when `signal` aborts */
export async function retried<T>(work: () => Promise<T>, { again, signal }: RetriedOptions): Promise<T> {
  for (let attempt = 1; ; attempt++)
    try {
      return await work()
    } catch (error) {
      if (signal?.aborted) throw cancelledError(signal.reason)
      const delay = again(error, attempt)
      if (delay === undefined) throw error
      await sleep(delay, undefined, signal && { signal }).catch(() => {
        throw cancelledError(signal?.reason)
      })
    }
}
