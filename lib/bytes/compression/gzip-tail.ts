/** What may follow the last member of a gzip stream: zeros, and nothing else. */
import { WindlassError } from '../../errors.js'
import type { Framing } from './framing.js'

/** Node's decoder stops at the first zero after a member and looks at nothing behind it: this does. */
export class GzipTail implements Framing {
  #taken = 0
  /** Where the last byte that is not zero ends. */
  #end = 0

  take(chunk: Buffer): readonly Buffer[] {
    for (let i = chunk.length - 1; i >= 0; i--) {
      if (chunk[i] === 0) continue
      this.#end = this.#taken + i + 1
      break
    }
    this.#taken += chunk.length
    return [chunk]
  }

  finish(consumed: number): void {
    if (this.#end <= consumed) return
    throw new WindlassError(
      'LAYER_INVALID',
      `Decompressing the layer as gzip failed: ${this.#taken - consumed} bytes that are no gzip follow its end`,
    )
  }
}
