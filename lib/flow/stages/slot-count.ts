/** Provides `SlotCount`, a number of slots that may change while stages use it. */
import { type Observable, Subject } from 'rxjs'
import { validateCount } from '../flows/validate-count.js'

/** A number of slots that may change while stages use it. */
export class SlotCount {
  readonly #changes = new Subject<void>()
  #value: number

  /** @throws ProtocolError unless `value` is a whole number from 1 */
  constructor(value: number) {
    this.#value = validateCount('slots', 'slots', value, 1)
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
   * Changes the number. Running stages take additional slots at once. With fewer slots, elements in progress are not
   * interrupted.
   * @throws ProtocolError unless `value` is a whole number from 1
   */
  set(value: number): void {
    this.#value = validateCount('slots', 'slots', value, 1)
    this.#changes.next()
  }
}
