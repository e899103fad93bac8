/**
 * Shares asynchronous work between callers that each have their own signal. A flight is work shared by several callers,
 * as in Go's singleflight.
 */
import { Observable } from 'rxjs'
import type { SingleFlight } from '../../flow/actors/single-flight.js'
import { WindlassError } from '../../errors.js'

/**
 * Joins the work in progress under `key`, or starts `work`. A caller leaves when its `signal` aborts; when the last
 * caller has left, the signal of `work` aborts.
 * @throws CANCELLED when `signal` aborts, with its reason as the cause; errors of `work`
 */
export function joinFlight<T>(
  flights: SingleFlight<string, T>,
  key: string,
  work: (signal: AbortSignal) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const flight = flights.join(
    key,
    () =>
      new Observable<T>((subscriber) => {
        const controller = new AbortController()
        work(controller.signal).then(
          (value) => {
            subscriber.next(value)
            subscriber.complete()
          },
          (error: unknown) => subscriber.error(error),
        )
        return () => controller.abort()
      }),
  )
  return new Promise((resolve, reject) => {
    const cancelledError = (): WindlassError =>
      new WindlassError('CANCELLED', 'Cancelled while waiting for a shared request', {
        cause: signal?.reason,
      })
    const isAborted = (): boolean => signal?.aborted === true
    if (isAborted()) {
      reject(cancelledError())
      return
    }
    const subscription = flight.subscribe({
      next: resolve,
      error: reject,
      complete: () => reject(new WindlassError('INTERNAL', 'A shared request ended without a result')),
    })
    const leave = (): void => {
      subscription.unsubscribe()
      reject(cancelledError())
    }
    signal?.addEventListener('abort', leave, { once: true })
    subscription.add(() => signal?.removeEventListener('abort', leave))
    // The work itself may have aborted the signal when it was started.
    if (isAborted()) leave()
  })
}
