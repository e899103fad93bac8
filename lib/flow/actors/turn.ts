/** Defines behaviours and the `Turn` that connects a behaviour to its run. */
import type { ObservableInput } from 'rxjs'
import type { FlowEvent } from '../lifetime/side-channel.js'
import type { Scope } from '../lifetime/scope.js'

/** The context of one attempt at one message. */
export interface Turn {
  /** Aborted when the requester unsubscribes, the run fails, the actor stops, or the attempt itself fails. */
  readonly signal: AbortSignal
  /** Number of the attempt, from 1. */
  readonly attempt: number
  /**
   * Scope of the request, or of the actor if the request has none. Cleanups registered in it run when the run closes.
   */
  readonly scope: Scope
  /** Emits `event` to the listeners of the scope. Does not wait. */
  emit(event: FlowEvent): void
  /**
   * Registers a cleanup that runs when the attempt ends, whatever its outcome. Cleanups run in reverse order, after the
   * work has settled and before the slot is free. If the attempt has ended, the cleanup runs at once. A cleanup cannot
   * stop running work; use the signal for that.
   */
  defer(cleanup: () => unknown): void
}

/**
 * Answers one message with a promise, an observable, an array or an (async) iterable. Each result goes downstream when
 * it is emitted. The slot stays taken until the answer is complete. An error after a result still fails the request. On
 * a `retry` the behaviour is called again for the same message and has to avoid repeating results itself.
 */
export type Behavior<in Msg, out Reply> = (message: Msg, turn: Turn) => ObservableInput<Reply>
