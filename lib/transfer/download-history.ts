/** Provides `DownloadHistory`, what a download remembers from one request for a slot to the next. */
import { type Observable, concatMap, from, of, timer } from 'rxjs'

/**
 * What a download remembers beyond a request for a slot. A pause withdraws the request, and ends the attempt in progress
 * without counting it.
 */
export class DownloadHistory {
  /** Whether the layer has been emitted. */
  emitted = false
  /** Number of attempts that have failed. */
  #failed = 0
  /** Number of attempts that had failed before the present request. */
  #before = 0
  /** Earliest time of the next attempt. */
  #retryAt = 0
  /** Resolves when the last attempt uses the file no more. */
  #ended: Promise<unknown> | undefined

  /** Converts `attempt`, which counts within the present request, to the number of the attempt over all requests. */
  attemptOverall(attempt: number): number {
    return this.#before + attempt
  }

  /** Registers an attempt. `ended` resolves when it uses the file no more. */
  begin(ended: Promise<unknown>): void {
    this.#ended = ended
  }

  /**
   * Counts an attempt that failed by itself.
   * @param attempt its number within the present request
   * @param retryIn milliseconds until the next one
   */
  failed(attempt: number, retryIn: number): void {
    this.#failed = this.attemptOverall(attempt)
    this.#retryAt = performance.now() + retryIn
  }

  /** Emits once when a slot may be requested: after the last attempt has ended, and after the delay of a retry. */
  ready(): Observable<unknown> {
    this.#before = this.#failed
    if (this.#ended === undefined) return of(undefined)
    return from(this.#ended).pipe(concatMap(() => timer(Math.max(0, this.#retryAt - performance.now()))))
  }
}
