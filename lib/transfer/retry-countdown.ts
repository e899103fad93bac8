/** Provides `RetryCountdown`, which reports every second how long it is until a download is retried. */
import { Subscription, interval, timer } from 'rxjs'

const tick = 1_000 // milliseconds

/** Runs one countdown at a time. */
export class RetryCountdown {
  #subscription = new Subscription()

  /**
   * Starts a countdown and stops the previous one. Reports at once, then every second.
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
      interval(tick).subscribe(() => {
        left -= tick
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
