/** Defines `Behavior`, a function that answers messages, and `Turn`, the context of one call of a behaviour. */
import type { FlowEvent } from '../lifetime/side-channel.js'
import type { Scope } from '../lifetime/scope.js'
import type { BehaviorResult } from './read-result.js'

/** The context of one attempt at answering one message. `Event` is the type of the events that it may emit. */
export interface Turn<Event extends FlowEvent = FlowEvent> {
  /** Aborted when the requester unsubscribes, the run fails, the actor stops, or the attempt itself fails. */
  readonly signal: AbortSignal
  /** Number of the attempt, from 1. */
  readonly attempt: number
  /**
   * Scope of the request, or of the actor if the request has none. Cleanups registered in it run when the run closes.
   */
  readonly scope: Scope<Event>
  /** Emits `event` to the listeners of the scope. Does not wait. */
  emit(event: Event): void
  /**
   * Registers a cleanup that runs when the attempt ends, whatever its outcome. Cleanups run in reverse order, after the
   * work has settled and before the slot is free. If the attempt has ended, the cleanup runs at once. To stop running
   * work, use the signal, not a cleanup.
   */
  defer(cleanup: () => unknown): void
}

/**
 * Answers one message with one value, a promise of one, or several in an observable, a flow, an array or an (async)
 * iterable. A string is one value. All elements of a flow are requested at once; use `expand` to request them as its
 * reader does. Each result goes downstream when it is emitted. The slot stays taken until the answer is complete. An
 * error after a result still fails the request. After the verdict `retry`, the behaviour is called again for the same
 * message; it must not repeat results.
 */
export type Behavior<in Msg, out Reply, Event extends FlowEvent = FlowEvent> = (
  message: Msg,
  turn: Turn<Event>,
) => BehaviorResult<Reply>
