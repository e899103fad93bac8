/** Counts bytes and reports the count at most ten times a second. */

/** Milliseconds between two reports. */
const reportInterval = 100

/** Counts bytes and reports the total at a limited rate. */
export class Meter {
  readonly #report: (bytes: number) => void
  #bytes: number
  #reportedBytes: number
  #lastReportAt = -Infinity
  #timer: NodeJS.Timeout | undefined

  /**
   * @param report receives the total: the first immediately, later ones at most every 100 ms, the last one always
   * @param initialBytes the initial count, which is not reported
   */
  constructor(report: (bytes: number) => void, initialBytes = 0) {
    this.#report = report
    this.#bytes = initialBytes
    this.#reportedBytes = initialBytes
  }

  /** The number of bytes so far. */
  get bytes(): number {
    return this.#bytes
  }

  /** Adds `bytes` to the count. */
  add(bytes: number): void {
    this.#bytes += bytes
    const wait = this.#lastReportAt + reportInterval - performance.now()
    if (wait <= 0) this.#notify()
    else this.#timer ??= setTimeout(() => this.#notify(), wait).unref()
  }

  /** Sets the count to `bytes` and reports it. For downloads that start again. */
  reset(bytes = 0): void {
    this.#bytes = bytes
    this.#notify()
  }

  /** Reports the total if it is not reported yet, and cancels the timer. */
  stop(): void {
    if (this.#reportedBytes !== this.#bytes) this.#notify()
    clearTimeout(this.#timer)
  }

  #notify(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#lastReportAt = performance.now()
    this.#reportedBytes = this.#bytes
    this.#report(this.#bytes)
  }
}
