/** Runs cleanups in the reverse of the order they were registered in, each to its end before the next. */
import { isPromise } from './promised.js'

/**
 * Empties `cleanups`, last first, those that are added meanwhile too; one that fails is told to `failed` and hinders
 * no other. Returns undefined when nothing had to be waited for, so that synchronous work stays synchronous.
 */
export function unwind(
  cleanups: (() => unknown)[],
  failed: (error: unknown) => void,
): Promise<void> | undefined {
  for (let cleanup = cleanups.pop(); cleanup !== undefined; cleanup = cleanups.pop()) {
    try {
      const result = cleanup()
      if (isPromise(result))
        return Promise.resolve(result)
          .catch(failed)
          .then(() => unwind(cleanups, failed))
    } catch (error) {
      failed(error)
    }
  }
  return undefined
}
