/** Provides `SlotCount`, a number of slots that may change while stages use it. */
import { type Observable, Subject } from 'rxjs'
import { limit } from '../flows/limit.js'

/** A number of slots that may change while stages use it. */
export class SlotCount {
  readonly #changes = new Subject<void>()
  #value: number

  /** @throws ProtocolError unless `value` is a whole number from 1 */
  constructor(value: number) {
    this.#value = limit('slots', 'slots', value, 1)
  }

  /** The present number. */
  get value(): number {
    return this.#value
  }

  /** Emits after each change. */
  get changes(): Observable<void> {
    return this.#changes
  }

  /**
   * Changes the number. Running stages take additional slots at once. With fewer slots, the elements in progress go on.
   * @throws ProtocolError unless `value` is a whole number from 1
   */
  set(value: number): void {
    this.#value = limit('slots', 'slots', value, 1)
    this.#changes.next()
  }
}
