/** Provides `untilAborted`, which stops waiting for a promise when a signal aborts. */

/**
 * Resolves or rejects as `value` does, or rejects with the reason of `signal` if it aborts first. Without it, a stage
 * that waits for a promise that never settles would prevent the run from closing.
 */
export function untilAborted<T>(value: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) {
      value.catch(() => undefined) // avoids an unhandled rejection
      abort()
      return
    }
    signal.addEventListener('abort', abort, { once: true })
    value.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
