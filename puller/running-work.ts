/** Tracks the operations of a puller in progress, so that `close` can cancel them and wait for them. */
import { WindlassError } from '../lib/errors.js'
import type { PullParts } from '../pipelines/pull-stages.js'
import { cancelledError } from '../pipelines/run-for-result.js'
import type { LazyParts } from './lazy-parts.js'
import type { RunningOperation } from './running-operation.js'

/**
 * The operations in progress. When the last one has ended, the holds of this process in the store are released. A hold
 * protects content from garbage collection.
 */
export class RunningWork {
  readonly #all = new Set<RunningOperation>()
  /** One promise for each operation that has settled; it resolves when the operation has released its resources. */
  readonly #ending = new Set<Promise<void>>()
  #releasing: Promise<void> | undefined
  #stopped = false

  constructor(private readonly parts: LazyParts) {}

  /** Labels of the operations. */
  get running(): readonly string[] {
    return [...this.#all].flatMap(({ running }) => running)
  }

  /** Registers an operation until it has released its resources, so that `close` waits for it. Returns it. */
  register<Started extends RunningOperation>(started: Started): Started {
    this.#all.add(started)
    const closed = started.closed().finally(() => {
      this.#all.delete(started)
      this.#ending.delete(closed)
      if (this.#all.size === 0) this.#releasing = this.#release()
    })
    const onSettled = (): unknown => this.#all.has(started) && this.#ending.add(closed)
    started.done?.then(onSettled, onSettled)
    return started
  }

  /**
   * Runs `work` with the existing store. The store is not closed before `work` ends.
   * @param label - names the work in a StillRunningError
   * @throws STORE_CORRUPT when there is no store; CANCELLED when `signal` aborts or the puller is closed
   */
  async runWithStore<T>(
    label: string,
    signal: AbortSignal | undefined,
    work: (parts: PullParts, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    await this.#releasing
    // The end of the puller does not know of work that has not been registered.
    if (this.#stopped) throw new WindlassError('CANCELLED', 'The puller was closed')
    const stop = new AbortController()
    const anySignal = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
    const done = this.parts
      .openExisting()
      .then((parts) => work(parts, anySignal))
      .catch((error: unknown) => {
        // Work that is aborted may fail with any error.
        if (anySignal.aborted && !(error instanceof WindlassError))
          throw cancelledError(anySignal.reason, label)
        throw error
      })
    this.register({
      cancel: (reason) => stop.abort(reason ?? new WindlassError('CANCELLED', 'The work was cancelled')),
      closed: () => done.then(ignore, ignore),
      running: [label],
    })
    return done
  }

  /** Resolves when all operations that have settled have also released their resources. */
  async waitForEnded(): Promise<void> {
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

  /** Releases the holds. From then on, only names protect images from garbage collection. */
  async #release(): Promise<void> {
    const parts = await this.parts.ifOpened()
    if (this.#all.size > 0 || this.#stopped) return
    await parts?.store.release().catch(() => undefined) // closing the puller releases the rest
  }
}

const ignore = (): void => undefined
