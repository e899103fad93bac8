/** Provides `ReadAhead`, which reads values before they are requested. */
import { WindlassError } from '../../errors.js'

/**
 * Reads values concurrently in the order in which they will be requested. A walk over manifests that requests one after
 * another then does not wait for a round trip each time.
 */
export class ReadAhead<Key, Value> {
  readonly #load: (key: Key, signal: AbortSignal) => Promise<Value>
  readonly #slots: number
  readonly #stop = new AbortController()
  readonly #signal: AbortSignal
  /** Keys that will be requested, in this order. */
  #planned: readonly Key[] = []
  readonly #started = new Map<Key, Promise<Value>>()
  readonly #running = new Set<Promise<unknown>>()

  /**
   * @param load reads one value
   * @param slots maximum number of values that are being read or have been read, and have not been requested yet
   * @param signal aborts all reads
   */
  constructor(
    load: (key: Key, signal: AbortSignal) => Promise<Value>,
    { slots, signal }: { readonly slots: number; readonly signal: AbortSignal },
  ) {
    this.#load = load
    this.#slots = slots
    this.#signal = AbortSignal.any([signal, this.#stop.signal])
  }

  /** Announces keys that will be requested next, before all keys that were announced earlier. */
  plan(keys: readonly Key[]): void {
    this.#planned = [...keys, ...this.#planned]
    this.#fill()
  }

  /** Returns the value of `key`. @throws the error of its read */
  get(key: Key): Promise<Value> {
    const value = this.#started.get(key) ?? this.#start(key)
    this.#started.delete(key)
    this.#planned = this.#planned.filter((each) => each !== key)
    this.#fill()
    return value
  }

  /** Aborts all reads, and resolves when they have ended. */
  async close(): Promise<void> {
    this.#stop.abort(new WindlassError('CANCELLED', 'The read is not needed any more'))
    await Promise.allSettled(this.#running)
  }

  #fill(): void {
    for (const key of this.#planned) {
      if (this.#started.size >= this.#slots) return
      if (!this.#started.has(key)) void this.#start(key)
    }
  }

  #start(key: Key): Promise<Value> {
    const value = this.#load(key, this.#signal)
    this.#started.set(key, value)
    const settled: Promise<unknown> = value.then(ignore, ignore).finally(() => this.#running.delete(settled))
    this.#running.add(settled)
    return value
  }
}

const ignore = (): void => undefined
