/**
 * A value that is on its way: an element can travel on while part of it still arrives.
 * Whoever needs the part waits for `value`; whoever brings it calls `settle`, the first call counts. If it cannot be
 * brought, the stage that met the failure ends the run, and with it every turn that waits (see `untilAborted`).
 */
export class Deferred<T> {
  readonly value: Promise<T>
  #settle!: (value: T) => void

  constructor() {
    this.value = new Promise<T>((settle) => {
      this.#settle = settle
    })
  }

  settle(value: T): void {
    this.#settle(value)
  }
}
