/** Reads values before they are requested, in a known order and a few at a time. */
import { WindlassError } from '../../errors.js'

/** Reads the manifests of a walk before the walk asks for them, so that it waits for one round trip, not for each. */
export class ReadAhead<Key, Value> {
  readonly #load: (key: Key, signal: AbortSignal) => Promise<Value>
  readonly #slots: number
  readonly #stop = new AbortController()
  readonly #signal: AbortSignal
  /** What will be asked for, in this order. */
  #planned: readonly Key[] = []
  readonly #started = new Map<Key, Promise<Value>>()
  readonly #underWay = new Set<Promise<unknown>>()

  /**
   * @param load reads one value
   * @param slots maximum number of values that are read, or were read, before they are asked for
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

  /** States what will be asked for next, before everything that was stated earlier. */
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

  /** Aborts the reads whose values were not requested, and resolves when they have ended. */
  async close(): Promise<void> {
    this.#stop.abort(new WindlassError('CANCELLED', 'The read is not needed any more'))
    await Promise.allSettled(this.#underWay)
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
    const settled: Promise<unknown> = value.then(ignore, ignore).finally(() => this.#underWay.delete(settled))
    this.#underWay.add(settled)
    return value
  }
}

const ignore = (): void => undefined
