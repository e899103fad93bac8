/** Provides `DownloadHistory`, the state of a download that survives a pause. */
import { type Observable, concatMap, from, of, timer } from 'rxjs'

/**
 * The state that a download keeps when a pause withdraws its request for a slot. Afterwards it requests a slot again.
 * The attempt that the pause ended does not count.
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
  /** Resolves when the last attempt no longer uses the file. */
  #ended: Promise<unknown> | undefined

  /** Converts `attempt`, which counts within the present request, to the number of the attempt over all requests. */
  attemptOverall(attempt: number): number {
    return this.#before + attempt
  }

  /** Registers an attempt. `ended` resolves when it no longer uses the file. */
  recordStart(ended: Promise<unknown>): void {
    this.#ended = ended
  }

  /**
   * Counts an attempt that failed, not one that a pause ended.
   * @param attempt its number within the present request
   * @param retryIn milliseconds until the next one
   */
  recordFailure(attempt: number, retryIn: number): void {
    this.#failed = this.attemptOverall(attempt)
    this.#retryAt = performance.now() + retryIn
  }

  /** Emits once when a slot may be requested: after the last attempt has ended, and after the delay of a retry. */
  whenReady(): Observable<unknown> {
    this.#before = this.#failed
    if (this.#ended === undefined) return of(undefined)
    return from(this.#ended).pipe(concatMap(() => timer(Math.max(0, this.#retryAt - performance.now()))))
  }
}
