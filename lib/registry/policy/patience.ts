/**
 * How long the first byte of an answer is waited for. Whoever asks again for what was not answered waits longer: a proxy
 * that caches may fetch a blob from afar before it sends a byte, and it begins anew with each connection. A server that
 * stays silent is given up after the last of these waits.
 */

/**
 * Each wait as a multiple of the first. With a minute to begin with, two minutes are waited for, and all of it takes less
 * than five, also after a minute's silence in the middle of a body.
 */
const multiples: readonly number[] = [1, 2.5]

export class Patience {
  readonly #first: number
  /** By what is asked, and whom: how often nothing came. */
  readonly #silences = new Map<string, number>()

  /** @param first - milliseconds of the first wait */
  constructor(first: number) {
    this.#first = first
  }

  /** Milliseconds to wait for the first byte of what `key` asks for. */
  wait(key: string): number {
    return this.#first * (multiples[this.#silences.get(key) ?? 0] ?? 1)
  }

  /** Nothing came in that time. Returns whether to ask again, with a longer wait. */
  silent(key: string): boolean {
    const silences = (this.#silences.get(key) ?? 0) + 1
    if (silences < multiples.length) this.#silences.set(key, silences)
    else this.#silences.delete(key)
    return silences < multiples.length
  }

  /** A byte came. */
  answered(key: string): void {
    this.#silences.delete(key)
  }
}
