/** Provides `Deferred`, a promise that is settled from outside. */
import { ProtocolError } from './protocol-error.js'

/**
 * The value of a `Deferred` and the stage that produces it, for the error message if the value is awaited before that
 * stage.
 */
export interface DeferredOptions {
  /** What the value is: `the config of the image`. */
  readonly name: string
  /** A sentence that says which stage produces the value. */
  readonly hint: string
}

/**
 * A value that becomes available later. An element can pass to the next stage while a part of it is still loading.
 * Consumers await `value`; the producer calls `begin`, then `settle`. A `Deferred` does not carry errors: if the
 * producing stage fails, the run ends and aborts all turns that wait for the value (see `untilAborted`).
 */
export class Deferred<T> {
  readonly #value: Promise<T>
  readonly #expected: DeferredOptions | undefined
  #begun: boolean
  #settle!: (value: T) => void

  /** @param expected the value and its producer; without it, consumers may await the value before `begin` is called */
  constructor(expected?: DeferredOptions) {
    this.#expected = expected
    this.#begun = expected === undefined
    this.#value = new Promise<T>((settle) => {
      this.#settle = settle
    })
  }

  /**
   * Resolves with the value when `settle` is called. Rejects with a `ProtocolError` if `begin` has not been called,
   * because a stage before the producing stage would wait forever.
   */
  get value(): Promise<T> {
    if (this.#begun || this.#expected === undefined) return this.#value
    const { name, hint } = this.#expected
    return Promise.reject(new ProtocolError(name, `awaited before a stage produces it. ${hint}`))
  }

  /** States that the value is being produced. From now on consumers may await it. */
  begin(): void {
    this.#begun = true
  }

  /** Provides the value. Calls after the first have no effect. */
  settle(value: T): void {
    this.begin()
    this.#settle(value)
  }
}
