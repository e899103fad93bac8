/** Limits the total time of work that runs in several parts. */

/** A time budget. Only the time during `run` counts. */
export class Stopwatch {
  #remaining: number

  /** @param allowance - budget in milliseconds */
  constructor(allowance: number) {
    this.#remaining = allowance
  }

  /**
   * Runs `work`. Its signal aborts when `signal` does or when the budget is used up.
   * @throws errors of `work`; the error of `timeoutError` when the budget is used up
   */
  async run<T>(
    work: (signal: AbortSignal) => Promise<T>,
    timeoutError: () => Error,
    signal?: AbortSignal,
  ): Promise<T> {
    if (this.#remaining <= 0) throw timeoutError()
    const timeout = new AbortController()
    // A timer accepts at most 2^31 - 1 ms, which is 24 days.
    const timer = setTimeout(() => timeout.abort(), Math.min(this.#remaining, 2 ** 31 - 1))
    const startedAt = performance.now()
    try {
      return await work(signal ? AbortSignal.any([signal, timeout.signal]) : timeout.signal)
    } catch (error) {
      if (!timeout.signal.aborted || signal?.aborted === true) throw error
      throw timeoutError()
    } finally {
      clearTimeout(timer)
      this.#remaining -= performance.now() - startedAt
    }
  }
}
