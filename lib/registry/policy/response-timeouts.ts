/**
 * Determines how long to wait for the first byte of a response. A retry after a timeout waits longer: a caching proxy
 * may fetch a whole blob before it sends a byte, and starts over with each connection. After the last wait, the
 * server is considered unavailable.
 */

/**
 * Waits as multiples of the first. With a first wait of one minute, a server that needs two minutes is tolerated, and
 * all waits take less than five minutes, even after a one-minute stall within a body.
 */
const multiples: readonly number[] = [1, 2.5]

/** The wait for each kind of request, extended after timeouts. */
export class ResponseTimeouts {
  readonly #first: number
  /** Number of timeouts by key. */
  readonly #silences = new Map<string, number>()

  /** @param first - first wait in milliseconds */
  constructor(first: number) {
    this.#first = first
  }

  /** Returns the milliseconds to wait for the first byte of the response to request `key`. */
  timeoutFor(key: string): number {
    return this.#first * (multiples[this.#silences.get(key) ?? 0] ?? 1)
  }

  /** Records a timeout. Returns whether to retry with a longer wait. */
  timedOut(key: string): boolean {
    const silences = (this.#silences.get(key) ?? 0) + 1
    if (silences < multiples.length) this.#silences.set(key, silences)
    else this.#silences.delete(key)
    return silences < multiples.length
  }

  /** Records a response, which resets the wait. */
  responded(key: string): void {
    this.#silences.delete(key)
  }
}
