/** Operations of a puller that have not ended: `close` cancels them and waits for them. */
import { WindlassError } from '../lib/errors.js'
import type { PullParts } from '../pipelines/pull-stages.js'
import type { OpenedParts } from './opened-parts.js'
import type { RunningOperation } from './running-operation.js'

/** Registers operations until they have released their resources. After the last one, releases its holds in the store. */
export class RunningWork {
  readonly #all = new Set<RunningOperation>()
  /** Operations with a result or an error; each promise resolves when the operation has released its resources. */
  readonly #ending = new Set<Promise<void>>()
  #releasing: Promise<void> | undefined
  #stopped = false

  constructor(private readonly parts: OpenedParts) {}

  /** Labels of the operations. */
  get running(): readonly string[] {
    return [...this.#all].flatMap(({ running }) => running)
  }

  /** Registers an operation until it has released its resources, so that `close` waits for it. Returns it. */
  keep<Started extends RunningOperation>(started: Started): Started {
    this.#all.add(started)
    const closed = started.closed().finally(() => {
      this.#all.delete(started)
      this.#ending.delete(closed)
      if (this.#all.size === 0) this.#releasing = this.#release()
    })
    const ending = (): unknown => this.#all.has(started) && this.#ending.add(closed)
    started.done?.then(ending, ending)
    return started
  }

  /**
   * Runs `work` with the existing store. The store is not closed before `work` ends.
   * @throws STORE_CORRUPT when there is no store
   */
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

  /** Resolves when the operations that have their result have released their resources. */
  async results(): Promise<void> {
    await Promise.all(this.#ending)
  }

  /** Cancels all operations. Resolves when they have released their resources. */
  async stop(): Promise<void> {
    this.#stopped = true
    const all = [...this.#all]
    for (const each of all) each.cancel()
    await Promise.all(all.map((each) => each.closed()))
    await this.#releasing
  }

  /** Releases the holds of the ended operations: from now on, only names protect their images from garbage collection. */
  async #release(): Promise<void> {
    const parts = await this.parts.opened()
    if (this.#all.size > 0 || this.#stopped) return
    await parts?.store.release().catch(() => undefined) // closing the puller releases the rest
  }
}

const ignore = (): void => undefined
