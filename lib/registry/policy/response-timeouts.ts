/**
 * Determines the timeout for the first byte of a response. A retry after a timeout waits longer, because a caching
 * proxy may fetch a whole blob before it sends a byte, and starts again with each connection. After the last timeout,
 * the server is considered unavailable.
 */

/**
 * Timeouts as multiples of the first one. With a first timeout of one minute, a server may need two minutes to respond,
 * and all attempts together take less than five minutes, even after a one-minute stall within a body.
 */
const multiples: readonly number[] = [1, 2.5]

/** The timeout for each kind of request, extended after each timeout. */
export class ResponseTimeouts {
  readonly #firstTimeout: number
  /** Number of timeouts by key. */
  readonly #timeouts = new Map<string, number>()

  /** @param firstTimeout - timeout of the first attempt in milliseconds */
  constructor(firstTimeout: number) {
    this.#firstTimeout = firstTimeout
  }

  /** Returns the timeout, in milliseconds, for the first byte of the response to a request of the kind `key`. */
  timeoutFor(key: string): number {
    return this.#firstTimeout * (multiples[this.#timeouts.get(key) ?? 0] ?? 1)
  }

  /** Records a timeout. Returns whether to retry with a longer timeout. */
  recordTimeout(key: string): boolean {
    const timeouts = (this.#timeouts.get(key) ?? 0) + 1
    if (timeouts < multiples.length) this.#timeouts.set(key, timeouts)
    else this.#timeouts.delete(key)
    return timeouts < multiples.length
  }

  /** Records a response, which resets the timeout. */
  recordResponse(key: string): void {
    this.#timeouts.delete(key)
  }
}
