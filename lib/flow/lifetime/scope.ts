/** The lifetime of one run: where its events go, what must have settled before it is over, what to clear away then. */
import type { Observable } from 'rxjs'
import { isAbort } from './aborted.js'
import { SideChannel, type FlowEvent, type FlowNotice } from './side-channel.js'
import { StillRunningError } from './still-running.js'
import { unwind } from './unwind.js'

export interface CloseOptions {
  /** Milliseconds after which to fail with a `StillRunningError`; the closing itself goes on. */
  readonly within?: number
}

/** Something that is at work, with its name for messages. */
interface Worker {
  readonly name: string
}

export class Scope<Event extends FlowEvent = FlowEvent> {
  readonly #channel: SideChannel
  readonly #ownsChannel: boolean
  readonly #held = new Map<Promise<void>, () => string>()
  readonly #working = new Set<Worker>()
  readonly #cleanups: (() => unknown)[] = []
  #cleaning: string | undefined
  #closing: Promise<void> | undefined
  #closed = false

  /** @param events another scope's channel, to share it; without one the scope has its own, which ends with it */
  constructor(events?: SideChannel) {
    this.#channel = events ?? new SideChannel()
    this.#ownsChannel = events === undefined
  }

  get channel(): SideChannel {
    return this.#channel
  }

  /** What happens, from now on. A listener that throws harms nobody and is reported as `listener-failed`. */
  get events(): Observable<FlowEvent> {
    return this.#channel.events
  }

  /** Tells all listeners, at once. Never waits, never throws. */
  emit(event: Event | FlowNotice): void {
    this.#channel.emit(event)
  }

  /** Labels of what `close` would wait for now, and of what is at work on that. */
  get running(): readonly string[] {
    const held = [...this.#held.values()].map((label) => label())
    const working = new Set([...this.#working].map(({ name }) => name))
    const labels = [...held, ...[...working].filter((name) => !held.includes(name))]
    return this.#cleaning === undefined ? labels : [...labels, this.#cleaning]
  }

  /** Whether there is nothing to wait for and nothing to clear away. */
  get idle(): boolean {
    return this.#held.size === 0 && this.#cleanups.length === 0 && this.#cleaning === undefined
  }

  /** Names `worker` among what is running until it leaves. `close` does not wait for it. */
  enter(worker: Worker): void {
    this.#working.add(worker)
  }

  leave(worker: Worker): void {
    this.#working.delete(worker)
  }

  /** Makes `close` wait for `work`. Its error, unless it is an abort, becomes a `dead-letter` event. */
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
   * Runs `cleanup` when the scope is closed: last first, after all that is held. If the scope is closed already, at
   * once. One that fails becomes a `cleanup-failed` event and hinders no other.
   */
  defer(cleanup: () => unknown, label = 'cleanup'): void {
    this.#cleanups.push(() => {
      this.#cleaning = label
      return cleanup()
    })
    if (this.#closed) void this.#close()
  }

  /**
   * Waits for all that is held, then clears away, then ends the events if they are the scope's own. May be called
   * again, also when more has been added since.
   * @throws StillRunningError naming what has not ended within the time given
   */
  async close({ within }: CloseOptions = {}): Promise<void> {
    const closing = this.#close()
    if (within === undefined) return closing
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new StillRunningError(this.running, within)), within)
    })
    try {
      await Promise.race([closing, late])
    } finally {
      clearTimeout(timer)
    }
  }

  #close(): Promise<void> {
    return (this.#closing ??= this.#clear())
  }

  async #clear(): Promise<void> {
    await Promise.resolve() // so that #closing is set before it is reset
    const failed = (error: unknown): void => {
      this.emit({ type: 'cleanup-failed', from: this.#cleaning ?? 'scope', error })
    }
    while (!this.idle) {
      if (this.#held.size > 0) await Promise.all(this.#held.keys())
      else await unwind(this.#cleanups, failed)
      this.#cleaning = undefined
    }
    this.#closed = true
    this.#closing = undefined
    if (this.#ownsChannel) this.#channel.end()
  }
}
