/** Provides `unwind`, which runs cleanups in the reverse order of their registration. */
import { isPromise } from './promised.js'

/**
 * Removes and runs all cleanups, last first, each to its end before the next. Includes cleanups that are added while it
 * runs. The error of a cleanup is passed to `failed` and does not prevent the others. Returns undefined if all cleanups
 * were synchronous, so that synchronous callers need not wait.
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
