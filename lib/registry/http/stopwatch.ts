/** An allowance of time for work that comes in pieces: it is spent while a piece runs, not between two of them. */

export class Stopwatch {
  #left: number

  /** @param allowance - milliseconds */
  constructor(allowance: number) {
    this.#left = allowance
  }

  /**
   * Runs `work`, whose signal aborts when `signal` does or the allowance is spent.
   * @throws what `work` throws; what `spent` gives where it is the allowance that ended it
   */
  async run<T>(
    work: (signal: AbortSignal) => Promise<T>,
    spent: () => Error,
    signal?: AbortSignal,
  ): Promise<T> {
    if (this.#left <= 0) throw spent()
    const over = new AbortController()
    // A timer takes no more than 2^31 - 1 ms; a day and more is no limit to anybody.
    const timer = setTimeout(() => over.abort(), Math.min(this.#left, 2 ** 31 - 1))
    const begun = performance.now()
    try {
      return await work(signal ? AbortSignal.any([signal, over.signal]) : over.signal)
    } catch (error) {
      if (!over.signal.aborted || signal?.aborted === true) throw error
      throw spent()
    } finally {
      clearTimeout(timer)
      this.#left -= performance.now() - begun
    }
  }
}
