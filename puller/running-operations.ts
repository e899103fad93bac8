/** The running pulls and other operations of a puller. */
import { WindlassError } from '../lib/errors.js'
import type { RunningOperation } from './running-operation.js'

/** Operations of a puller that have not yet released their resources. */
export class RunningOperations {
  readonly #all = new Set<RunningOperation>()
  /** Ended operations; each promise resolves when the operation has released its resources. */
  readonly #ending = new Set<Promise<void>>()
  #releasing: Promise<void> | undefined

  /** @param release called when the last operation has released its resources */
  constructor(private readonly release: () => Promise<void>) {}

  /** All operations that have not yet released their resources. */
  get all(): readonly RunningOperation[] {
    return [...this.#all]
  }

  /** Registers an operation until it has released its resources, so that `close` waits for it. Returns it. */
  keep<Started extends RunningOperation>(started: Started): Started {
    this.#all.add(started)
    const closed = started.closed().finally(() => {
      this.#all.delete(started)
      this.#ending.delete(closed)
      if (this.#all.size === 0) this.#releasing = this.release()
    })
    const ending = (): unknown => this.#all.has(started) && this.#ending.add(closed)
    started.done?.then(ending, ending)
    return started
  }

  /**
   * Runs `work` as an operation, after the last release. The signal of `work` aborts when `signal` aborts or the
   * operation is cancelled.
   */
  async work<T>(
    label: string,
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    await this.#releasing
    const stop = new AbortController()
    const done = work(signal ? AbortSignal.any([signal, stop.signal]) : stop.signal)
    this.keep({
      cancel: (reason) => stop.abort(reason ?? new WindlassError('CANCELLED', 'The work was cancelled')),
      closed: () => done.then(ignore, ignore),
      running: [label],
    })
    return done
  }

  /** Resolves when the operations that have ended have released their resources. */
  async ended(): Promise<void> {
    await Promise.all(this.#ending)
  }

  /** Resolves when the last call of `release` has ended. */
  async released(): Promise<void> {
    await this.#releasing
  }
}

const ignore = (): void => undefined
