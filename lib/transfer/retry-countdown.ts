/** Tells how long it is until a download is tried again: at once, and every second from then on. */
import { Subscription, interval, timer } from 'rxjs'

const second = 1_000

export class RetryCountdown {
  #counting = new Subscription()

  /** @param report - gets the milliseconds that are left, and 0 at the end */
  start(wait: number, report: (left: number) => void): void {
    this.stop()
    this.#counting = timer(wait).subscribe(() => {
      this.stop()
      report(0)
    })
    let left = wait
    this.#counting.add(
      interval(second).subscribe(() => {
        left -= second
        if (left > 0) report(left)
      }),
    )
    if (wait > 0) report(wait)
  }

  stop(): void {
    this.#counting.unsubscribe()
  }
}
