/** The pulls and other work of a puller that have not been cleared away. */
import { WindlassError } from '../lib/errors.js'
import type { UnderWay } from './under-way.js'

export class RunningPulls {
  readonly #all = new Set<UnderWay>()
  /** Of those that have their result, or failed. */
  readonly #ending = new Set<Promise<void>>()
  #releasing: Promise<void> | undefined

  /** @param release - called when the last of them is cleared away */
  constructor(private readonly release: () => Promise<void>) {}

  /** All of them. */
  get all(): readonly UnderWay[] {
    return [...this.#all]
  }

  /** Keeps `started` until it is cleared away. Returns it. */
  keep<Started extends UnderWay>(started: Started): Started {
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

  /** Does `work` after what was left to be released, and keeps it. Its signal aborts when it is cancelled, or `signal` does. */
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

  /** Waits for those that have their result to be cleared away. */
  async ended(): Promise<void> {
    await Promise.all(this.#ending)
  }

  /** Waits for the last release. */
  async released(): Promise<void> {
    await this.#releasing
  }
}

const ignore = (): void => undefined
