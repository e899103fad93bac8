/** Reports immediately, and then once a second, how long it is until a download is retried. */
import { Subscription, interval, timer } from 'rxjs'

const tickMs = 1_000

/** Runs one countdown at a time: starting one stops the one before. */
export class RetryCountdown {
  #subscription = new Subscription()

  /**
   * Starts the countdown and stops a previous one.
   * @param wait - milliseconds until the retry
   * @param report - receives the remaining milliseconds, and 0 when the time has elapsed
   */
  start(wait: number, report: (left: number) => void): void {
    this.stop()
    this.#subscription = timer(wait).subscribe(() => {
      this.stop()
      report(0)
    })
    let left = wait
    this.#subscription.add(
      interval(tickMs).subscribe(() => {
        left -= tickMs
        if (left > 0) report(left)
      }),
    )
    if (wait > 0) report(wait)
  }

  /** Stops the countdown without a further report. */
  stop(): void {
    this.#subscription.unsubscribe()
  }
}
