/** Puts the data of one file at its places: one part for a plain file, one for each part between holes for a sparse one. */
import type { EntryHandler } from './entry.js'
import type { Fragment } from './sparse.js'

export class Placement {
  readonly #fragments: readonly Fragment[]
  #current = 0
  #filled = 0

  /** The fragments together are as long as the data that will come. */
  constructor(fragments: readonly Fragment[]) {
    this.#fragments = fragments
  }

  /** Hands on `chunk` from `from` to `to`, cut where the file has holes. */
  place(chunk: Buffer, from: number, to: number, handler: EntryHandler): void {
    for (let at = from; at < to;) {
      const { offset, length } = this.#fragments[this.#current]!
      const end = Math.min(to, at + length - this.#filled)
      if (end > at) handler.data(chunk.subarray(at, end), offset + this.#filled)
      this.#filled += end - at
      at = end
      if (this.#filled === length) {
        this.#current++
        this.#filled = 0
      }
    }
  }
}
