/** Maps the data of a file in the archive to offsets in the unpacked file. */
import type { EntryHandler } from './entry.js'
import type { Fragment } from './sparse.js'

/** Places the data of one file, which has several fragments if it is sparse. */
export class Placement {
  readonly #fragments: readonly Fragment[]
  #current = 0
  #filled = 0

  /** @param fragments where the data goes; their total length equals the length of the data */
  constructor(fragments: readonly Fragment[]) {
    this.#fragments = fragments
  }

  /** Passes the bytes of `chunk` between `from` and `to` to `handler`, split at holes. */
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
