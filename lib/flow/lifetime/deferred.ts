/** Provides `Deferred`, a promise that is settled from outside. */

/**
 * A value that becomes available later. It lets an element move on while a part of it is still loading. Consumers await
 * `value`; the producer calls `settle`. A `Deferred` cannot fail: the stage that fails to produce the value ends the
 * run, which ends all turns that wait for it (see `untilAborted`).
 */
export class Deferred<T> {
  /** Resolves with the value of the first call of `settle`. */
  readonly value: Promise<T>
  #settle!: (value: T) => void

  constructor() {
    this.value = new Promise<T>((settle) => {
      this.#settle = settle
    })
  }

  /** Provides the value. Calls after the first have no effect. */
  settle(value: T): void {
    this.#settle(value)
  }
}
