/** Checks what follows the last member of a gzip stream: only zeros are allowed. */
import { WindlassError } from '../../errors.js'
import { formatCount } from '../../quantities.js'
import type { Framing } from './framing.js'

/**
 * Rejects other bytes than zeros after the last member. Node's decoder stops at the first zero and ignores the rest.
 */
export class GzipTail implements Framing {
  #taken = 0
  /** Offset after the last byte that is not zero. */
  #end = 0

  split(chunk: Buffer): readonly Buffer[] {
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
      `Decompressing the layer as gzip failed: it is followed by ${formatCount(this.#taken - consumed, 'byte')} that are not gzip`,
    )
  }
}
