/** Provides `unwind`, which runs cleanups in the reverse order of their registration. */
import { isPromise } from './promised.js'

/**
 * Removes and runs all cleanups one after another, last first, including those that are added meanwhile. The error of a
 * cleanup is passed to `onError` and does not prevent the others. Returns undefined, instead of a promise, if all
 * cleanups were synchronous.
 */
export function unwind(
  cleanups: (() => unknown)[],
  onError: (error: unknown) => void,
): Promise<void> | undefined {
  for (let cleanup = cleanups.pop(); cleanup !== undefined; cleanup = cleanups.pop()) {
    try {
      const result = cleanup()
      if (isPromise(result))
        return Promise.resolve(result)
          .catch(onError)
          .then(() => unwind(cleanups, onError))
    } catch (error) {
      onError(error)
    }
  }
  return undefined
}
