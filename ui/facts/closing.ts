/** Knows which layers hold a slot that a lower limit has closed: they run to their end. */
import type { Slots } from '../../lib/api/slots.js'

/** Digests of the layers that hold closed slots. */
export type Closing = ReadonlySet<string>

/** Follows the slots of one kind. A layer beyond the limit for another reason, for a moment, is not closing. */
export class ClosingSlots {
  #most = 0
  #closing: ReadonlySet<string> = new Set()

  /** Returns the layers that are closing. `most`: the limit. */
  next(slots: Slots['downloads'], most: number): Closing {
    const beyond = slots.slice(most).flatMap((holder) => (holder ? [holder.digest] : []))
    const isLower = most < this.#most
    this.#closing = new Set(beyond.filter((digest) => isLower || this.#closing.has(digest)))
    this.#most = most
    return this.#closing
  }
}
