/**
 * Waits for `value` no longer than `signal` lets it: a promise knows nothing of cancellation,
 * and a stage that waits past its turn's end would keep the run from closing.
 */
export function untilAborted<T>(value: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) {
      value.catch(() => undefined) // nobody is left to hear of it
      abort()
      return
    }
    signal.addEventListener('abort', abort, { once: true })
    value.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
