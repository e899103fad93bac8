/** Asks again and again for what another process holds: a lock that may be waited for and given up. */
import { setTimeout as delay } from 'node:timers/promises'

/** Milliseconds between two tries, at first and at most. */
const shortest = 5
const longest = 100

/** What `attempt` answers first that is not undefined. @throws the reason of `signal` once that is aborted */
export async function waitFor<T>(attempt: () => Promise<T | undefined>, signal?: AbortSignal): Promise<T> {
  for (let pause = shortest; ; pause = Math.min(pause * 2, longest)) {
    signal?.throwIfAborted()
    const found = await attempt()
    if (found !== undefined) return found
    await delay(pause, undefined, signal && { signal })
  }
}
