/** Provides `Scope`, the lifetime of a run: its events, the work it waits for, and its cleanups. */
import type { Observable } from 'rxjs'
import { isAbort } from './aborted.js'
import { SideChannel, type FlowEvent, type FlowNotice } from './side-channel.js'
import { StillRunningError } from './still-running.js'
import { unwind } from './unwind.js'

/** Options of `Scope.close`. */
export interface CloseOptions {
  /** Milliseconds after which `close` rejects with a `StillRunningError`. Closing continues. */
  readonly within?: number
}

/** Something that runs, with a name for messages. */
interface NamedWork {
  readonly name: string
}

/**
 * The lifetime of a run or of a part of one. A closed scope has no work left, and all its cleanups have run. `Event` is
 * the type of the events that may be emitted.
 */
export class Scope<Event extends FlowEvent = FlowEvent> {
  readonly #channel: SideChannel
  readonly #ownsChannel: boolean
  readonly #held = new Map<Promise<void>, () => string>()
  readonly #entered = new Set<NamedWork>()
  readonly #cleanups: (() => unknown)[] = []
  #cleaning: string | undefined
  #closing: Promise<void> | undefined
  #closed = false

  /**
   * @param events the channel of another scope, to share it. Default: a new channel, which ends when this scope is
   * closed.
   */
  constructor(events?: SideChannel) {
    this.#channel = events ?? new SideChannel()
    this.#ownsChannel = events === undefined
  }

  /** The channel that carries the events of this scope. */
  get channel(): SideChannel {
    return this.#channel
  }

  /**
   * Emits future events. A listener that throws is reported as a `listener-failed` event and affects no other listener.
   */
  get events(): Observable<FlowEvent> {
    return this.#channel.events
  }

  /** Emits `event` to all listeners synchronously. Never throws. */
  emit(event: Event | FlowNotice): void {
    this.#channel.emit(event)
  }

  /** Names of unfinished work, for messages: work passed to `hold` or `enter`, and the cleanup that runs. */
  get running(): readonly string[] {
    const held = [...this.#held.values()].map((label) => label())
    const entered = new Set([...this.#entered].map(({ name }) => name))
    const labels = [...held, ...[...entered].filter((name) => !held.includes(name))]
    return this.#cleaning === undefined ? labels : [...labels, this.#cleaning]
  }

  /** Whether `close` would have nothing to wait for and no cleanup to run. */
  get idle(): boolean {
    return this.#held.size === 0 && this.#cleanups.length === 0 && this.#cleaning === undefined
  }

  /** Lists `work` in `running` until `leave` is called. `close` does not wait for it. */
  enter(work: NamedWork): void {
    this.#entered.add(work)
  }

  /** Removes `work` from `running`. */
  leave(work: NamedWork): void {
    this.#entered.delete(work)
  }

  /**
   * Makes `close` wait for `work`. An error of `work` becomes a `dead-letter` event, unless it is an `AbortError`.
   * @param label name of the work in `running` and in that event
   */
  hold(work: PromiseLike<unknown>, label: string | (() => string) = 'work'): void {
    const name = typeof label === 'string' ? () => label : label
    const settled: Promise<void> = Promise.resolve(work)
      .then(
        () => undefined,
        (error: unknown) => {
          if (!isAbort(error)) this.emit({ type: 'dead-letter', from: name(), error })
        },
      )
      .finally(() => this.#held.delete(settled))
    this.#held.set(settled, name)
  }

  /**
   * Registers a cleanup that runs when the scope is closed, after all held work has settled. Cleanups run in reverse
   * order. If the scope is closed, the cleanup runs at once. A cleanup that fails becomes a `cleanup-failed` event and
   * does not prevent the others.
   */
  defer(cleanup: () => unknown, label = 'cleanup'): void {
    this.#cleanups.push(() => {
      this.#cleaning = label
      return cleanup()
    })
    if (this.#closed) void this.#close()
  }

  /**
   * Waits for all held work, then runs the cleanups, then ends the channel unless it is shared. May be called again,
   * also after more work has been added.
   * @throws StillRunningError, with the names of unfinished work, if the scope is not closed after `within`
   * milliseconds
   */
  async close({ within }: CloseOptions = {}): Promise<void> {
    const closing = this.#close()
    if (within === undefined) return closing
    let timer: ReturnType<typeof setTimeout> | undefined
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new StillRunningError(this.running, within)), within)
    })
    try {
      await Promise.race([closing, timeout])
    } finally {
      clearTimeout(timer)
    }
  }

  #close(): Promise<void> {
    return (this.#closing ??= this.#runClose())
  }

  async #runClose(): Promise<void> {
    await Promise.resolve() // #close has to set #closing before this function resets it
    const onError = (error: unknown): void => {
      this.emit({ type: 'cleanup-failed', from: this.#cleaning ?? 'scope', error })
    }
    while (!this.idle) {
      if (this.#held.size > 0) await Promise.all(this.#held.keys())
      else await unwind(this.#cleanups, onError)
      this.#cleaning = undefined
    }
    this.#closed = true
    this.#closing = undefined
    if (this.#ownsChannel) this.#channel.end()
  }
}
