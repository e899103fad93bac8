/** The work of a puller that has not ended: what `close` cancels and waits for. */
import { WindlassError } from '../lib/errors.js'
import type { PullParts } from '../pipelines/pull-stages.js'
import type { OpenedParts } from './opened-parts.js'
import type { UnderWay } from './under-way.js'

/** Keeps what runs until it is cleared away, and releases what it held in the store after the last one. */
export class RunningWork {
  readonly #all = new Set<UnderWay>()
  /** Of those that have their result, or failed. */
  readonly #ending = new Set<Promise<void>>()
  #releasing: Promise<void> | undefined
  #stopped = false

  constructor(private readonly parts: OpenedParts) {}

  /** Labels of what has not ended. */
  get running(): readonly string[] {
    return [...this.#all].flatMap(({ running }) => running)
  }

  /** Adds `started` until it is cleared away. */
  keep(started: UnderWay): void {
    this.#all.add(started)
    const closed = started.closed().finally(() => {
      this.#all.delete(started)
      this.#ending.delete(closed)
      if (this.#all.size === 0) this.#releasing = this.#release()
    })
    const ending = (): unknown => this.#all.has(started) && this.#ending.add(closed)
    started.done?.then(ending, ending)
  }

  /** Does `work` with the store, which must be there and is not closed under it. @throws STORE_CORRUPT if there is none */
  async busy<T>(
    label: string,
    signal: AbortSignal | undefined,
    work: (parts: PullParts, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    await this.#releasing
    const stop = new AbortController()
    const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
    const done = this.parts.openThere().then((parts) => work(parts, either))
    this.keep({
      cancel: (reason) => stop.abort(reason ?? new WindlassError('CANCELLED', 'The work was cancelled')),
      closed: () => done.then(ignore, ignore),
      running: [label],
    })
    return done
  }

  /** Resolves when the work that has its result is cleared away. */
  async results(): Promise<void> {
    await Promise.all(this.#ending)
  }

  /** Cancels everything, and resolves when nothing is left of it. */
  async stop(): Promise<void> {
    this.#stopped = true
    const all = [...this.#all]
    for (const each of all) each.cancel()
    await Promise.all(all.map((each) => each.closed()))
    await this.#releasing
  }

  /** What the last work left in the store is needed by its name alone: it may be removed and collected. */
  async #release(): Promise<void> {
    const parts = await this.parts.opened()
    if (this.#all.size > 0 || this.#stopped) return
    await parts?.store.release().catch(() => undefined) // what stays held stays in the store, until it is closed
  }
}

const ignore = (): void => undefined
