/** Provides `SideChannel`, which carries the events of a run to its listeners, and the types of those events. */
import { type Observable, Subject } from 'rxjs'
import { ListenerGuard } from './listener-guard.js'
import { trampoline } from './trampoline.js'

/**
 * An event of a run: any object with a `type`. The framework emits `FlowNotice`s; stages may emit events of their own.
 */
export interface FlowEvent {
  readonly type: string
  readonly [detail: string]: unknown
}

/** The events that the framework itself emits. */
export type FlowNotice =
  /** An attempt failed; `verdict` is the decision of its supervisor. */
  | {
      readonly type: 'failure'
      readonly actor: string
      readonly attempt: number
      readonly error: unknown
      readonly verdict: unknown
    }
  /**
   * An error without a receiver: of work whose subscriber has unsubscribed, or of a message sent with `Actor.tell`.
   */
  | { readonly type: 'dead-letter'; readonly from: string; readonly error: unknown }
  /** A cleanup threw or rejected. */
  | { readonly type: 'cleanup-failed'; readonly from: string; readonly error: unknown }
  /** A supervisor threw. Its verdict counts as `fail`. */
  | { readonly type: 'supervisor-failed'; readonly actor: string; readonly error: unknown }
  /** A listener of the channel threw. */
  | { readonly type: 'listener-failed'; readonly error: unknown }

/**
 * Delivers events to all listeners synchronously and in order. Listeners do not affect the pace of the run. A listener
 * that throws is reported as a `listener-failed` event; the other listeners still receive every event.
 */
export class SideChannel {
  readonly #subject = new Subject<FlowEvent>()
  readonly #queue: FlowEvent[] = []

  /** Emits all future events. Completes when the channel ends. */
  readonly events: Observable<FlowEvent> = new ListenerGuard(this.#subject, (error) =>
    this.emit({ type: 'listener-failed', error }),
  )

  /** Emits `event` to all listeners. An event that a listener emits is delivered after the current one. */
  emit(event: FlowEvent): void {
    this.#queue.push(event)
    this.#drain()
  }

  /** Completes `events`. */
  end(): void {
    this.#subject.complete()
  }

  readonly #drain = trampoline(() => {
    for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift())
      this.#subject.next(event)
  })
}
