/**
 * The side channel of a run: what happens, told at once and in order to whoever listens, with no effect on the pace.
 * A listener that throws harms nobody: it is reported as an event, and the others hear everything.
 */
import { type Observable, Subject } from 'rxjs'
import { ListenerGuard } from './listener-guard.js'
import { trampoline } from './trampoline.js'

/** Anything with a `type`. Own events of lib/flow are `FlowNotice`s; stages emit what they like beside them. */
export interface FlowEvent {
  readonly type: string
  readonly [detail: string]: unknown
}

/** What lib/flow itself tells. */
export type FlowNotice =
  /** An attempt failed, and what its supervisor said to that. */
  | {
      readonly type: 'failure'
      readonly actor: string
      readonly attempt: number
      readonly error: unknown
      readonly verdict: unknown
    }
  /** An error that nobody was left to hear: of work let go, or of a letter sent by `tell`. */
  | { readonly type: 'dead-letter'; readonly from: string; readonly error: unknown }
  | { readonly type: 'cleanup-failed'; readonly from: string; readonly error: unknown }
  | { readonly type: 'supervisor-failed'; readonly actor: string; readonly error: unknown }
  | { readonly type: 'listener-failed'; readonly error: unknown }

export class SideChannel {
  readonly #subject = new Subject<FlowEvent>()
  readonly #queue: FlowEvent[] = []

  /** All events from now on. Ends when the channel does. */
  readonly events: Observable<FlowEvent> = new ListenerGuard(this.#subject, (error) =>
    this.emit({ type: 'listener-failed', error }),
  )

  /** Tells `event` to all listeners; one that emits while listening does not overtake what the others have yet to hear. */
  emit(event: FlowEvent): void {
    this.#queue.push(event)
    this.#drain()
  }

  /** No more events. */
  end(): void {
    this.#subject.complete()
  }

  readonly #drain = trampoline(() => {
    for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift())
      this.#subject.next(event)
  })
}
