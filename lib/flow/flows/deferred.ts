/** Provides `Deferred`, a promise that is settled from outside. */
import { ProtocolError } from './protocol-error.js'

/** Describes the value of a `Deferred` and the stage that produces it, for the error of a consumer that waits too early. */
export interface DeferredOptions {
  /** What the value is: `the config of the image`. */
  readonly name: string
  /** A sentence that says which stage produces the value. */
  readonly hint: string
}

/**
 * A value that becomes available later. It lets an element move on while a part of it is still loading. Consumers await
 * `value`; the producer calls `begin`, then `settle`. A `Deferred` cannot fail: the stage that fails to produce the value
 * ends the run, which ends all turns that wait for it (see `untilAborted`).
 */
export class Deferred<T> {
  readonly #value: Promise<T>
  readonly #expected: DeferredOptions | undefined
  #begun: boolean
  #settle!: (value: T) => void

  /** @param expected who produces the value. Without it, consumers may wait before `begin` is called. */
  constructor(expected?: DeferredOptions) {
    this.#expected = expected
    this.#begun = expected === undefined
    this.#value = new Promise<T>((settle) => {
      this.#settle = settle
    })
  }

  /**
   * The value. Resolves when `settle` is called. Rejects with a `ProtocolError` if the expected stage has not begun to
   * produce it, because a stage before that one would wait for ever.
   */
  get value(): Promise<T> {
    if (this.#begun || this.#expected === undefined) return this.#value
    const { name, hint } = this.#expected
    return Promise.reject(new ProtocolError(name, `awaited before a stage produces it. ${hint}`))
  }

  /** States that the value is being produced. From then on consumers wait for it. */
  begin(): void {
    this.#begun = true
  }

  /** Provides the value. Calls after the first have no effect. */
  settle(value: T): void {
    this.begin()
    this.#settle(value)
  }
}
