/** Counts bytes and tells how many came, but not more often than anyone can look. */

/** Milliseconds between two reports: about ten a second (design §5). */
const interval = 100

export class Meter {
  readonly #report: (bytes: number) => void
  #bytes: number
  #told: number
  #last = -Infinity
  #timer: NodeJS.Timeout | undefined

  /**
   * @param report gets the bytes so far: at once for the first, then at most every 100 ms, and the last always
   * @param from where to count from; not reported before something is added
   */
  constructor(report: (bytes: number) => void, from = 0) {
    this.#report = report
    this.#bytes = from
    this.#told = from
  }

  get bytes(): number {
    return this.#bytes
  }

  add(bytes: number): void {
    this.#bytes += bytes
    const wait = this.#last + interval - performance.now()
    if (wait <= 0) this.#tell()
    else this.#timer ??= setTimeout(() => this.#tell(), wait).unref()
  }

  /** Counts from `bytes` again, and says so: a download that started over. */
  reset(bytes = 0): void {
    this.#bytes = bytes
    this.#tell()
  }

  /** Reports what is not yet reported, and leaves no timer behind. */
  stop(): void {
    if (this.#told !== this.#bytes) this.#tell()
    clearTimeout(this.#timer)
  }

  #tell(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#last = performance.now()
    this.#told = this.#bytes
    this.#report(this.#bytes)
  }
}
