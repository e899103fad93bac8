/** Polls for a resource that another process holds. */
import { setTimeout as delay } from 'node:timers/promises'

/** Minimum and maximum time between two attempts, in milliseconds. */
const minPauseMs = 5
const maxPauseMs = 100

/**
 * Calls `attempt` until it returns a value other than undefined, and returns that value.
 * @throws the reason of `signal` when it aborts; the errors of `attempt`
 */
export async function waitFor<T>(attempt: () => Promise<T | undefined>, signal?: AbortSignal): Promise<T> {
  for (let pause = minPauseMs; ; pause = Math.min(pause * 2, maxPauseMs)) {
    signal?.throwIfAborted()
    const found = await attempt()
    if (found !== undefined) return found
    await delay(pause, undefined, signal && { signal }).catch((error: unknown) => {
      signal?.throwIfAborted() // its reason, instead of an error that says only that a timer was aborted
      throw error
    })
  }
}
