/** What a behaviour is given beside the message: its ties to the run it works for. */
import type { FlowEvent } from '../lifetime/side-channel.js'
import type { Scope } from '../lifetime/scope.js'
import type { Reading } from './attached.js'

/** One attempt at one message. `Event` is the type of the events that may be emitted. */
export interface Turn<Event extends FlowEvent = FlowEvent> {
  /** Aborted when the asker leaves, the run fails, the actor stops, or the attempt itself has failed. */
  readonly signal: AbortSignal
  /** Counts from 1. */
  readonly attempt: number
  /** The asker's scope, or the actor's own. `scope.defer(…)` lives until the run is closed. */
  readonly scope: Scope<Event>
  /** Tells the listeners of the scope; never waits. */
  emit(event: Event): void
  /**
   * Runs when the attempt is over, whatever its outcome: last first, after the work itself has settled, and before the
   * slot is free again; if that is so already, at once. To stop work, use the signal.
   */
  defer(cleanup: () => unknown): void
}

/**
 * Answers one message: with one value, a promise of one, or several in an observable, an array or an iterable, async
 * ones included. A string is one value. A result goes downstream when it is emitted; the slot stays taken until the
 * answer is complete, and an error after a result still fails the asker. After a `retry` the behaviour runs again for
 * the same message, and decides itself what of its answer to repeat.
 */
export type Behavior<in Msg, out Reply, Event extends FlowEvent = FlowEvent> = (
  message: Msg,
  turn: Turn<Event>,
) => Reading<Reply>
