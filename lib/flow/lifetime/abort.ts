/** Provides `untilAborted`, which makes waiting for a promise cancellable. */

/**
 * Resolves or rejects as `value` does, or rejects with the reason of `signal` when it is aborted first. A promise
 * cannot be cancelled, and a stage that waits for one after its turn has ended would prevent the run from closing.
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
