/** Counts bytes and reports the count, at most ten times a second. */

/** Milliseconds between two reports: about ten a second. */
const interval = 100

export class Meter {
  readonly #report: (bytes: number) => void
  #bytes: number
  #reported: number
  #last = -Infinity
  #timer: NodeJS.Timeout | undefined

  /**
   * @param report gets the bytes so far: at once for the first, then at most every 100 ms, and the last always
   * @param from where to count from; not reported before something is added
   */
  constructor(report: (bytes: number) => void, from = 0) {
    this.#report = report
    this.#bytes = from
    this.#reported = from
  }

  get bytes(): number {
    return this.#bytes
  }

  add(bytes: number): void {
    this.#bytes += bytes
    const wait = this.#last + interval - performance.now()
    if (wait <= 0) this.#notify()
    else this.#timer ??= setTimeout(() => this.#notify(), wait).unref()
  }

  /** Counts from `bytes` again, and says so: a download that started over. */
  reset(bytes = 0): void {
    this.#bytes = bytes
    this.#notify()
  }

  /** Reports what is not yet reported, and leaves no timer behind. */
  stop(): void {
    if (this.#reported !== this.#bytes) this.#notify()
    clearTimeout(this.#timer)
  }

  #notify(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#last = performance.now()
    this.#reported = this.#bytes
    this.#report(this.#bytes)
  }
}
