/** Provides `run`, which reads a flow to its end, and `Run`, which observes and cancels that. */
import { EMPTY, type Observable, Subscription } from 'rxjs'
import { readResult } from '../actors/read-result.js'
import type { FlowEvent } from '../lifetime/side-channel.js'
import type { Flow } from '../flows/flow.js'
import { type CloseOptions, Scope } from '../lifetime/scope.js'
import { through } from './through.js'

/** A running flow. */
export interface Run {
  /** Emits future events of the run. */
  readonly events: Observable<FlowEvent>
  /** Resolves when the flow completes. Rejects with its error or with the reason of `cancel`. May be left unhandled. */
  readonly done: Promise<void>
  /** Cancels the run. `done` rejects with `reason`. Default: an `AbortError`. */
  readonly cancel: (reason?: unknown) => void
  /** Resolves when the run has ended and all its cleanups have run. See `Scope.close`. */
  readonly closed: (options?: CloseOptions) => Promise<void>
}

/**
 * Reads `flow` to its end. The flow starts at once.
 * @param sink consumes one element at a time; the next one is requested when its result has ended. Default: discards
 *   them.
 * @param scope scope of the run; `closed` closes it
 */
export function run<T>(flow: Flow<T>, sink: (value: T) => unknown = () => EMPTY, scope = new Scope()): Run {
  const subscription = new Subscription()
  let rejectDone: (reason: unknown) => void = () => undefined
  const done = new Promise<void>((resolve, reject) => {
    rejectDone = reject
    const sinkStage = through(
      (value: T) =>
        readResult(
          () => sink(value),
          (unfinished) => scope.hold(unfinished, 'sink'),
          scope,
        ),
      { name: 'sink' },
    )
    subscription.add(flow.pipe(sinkStage).toObservable(scope).subscribe({ error: reject, complete: resolve }))
  })
  scope.hold(
    done.catch(() => undefined),
    'run',
  )
  return {
    events: scope.events,
    done,
    cancel: (reason: unknown = new DOMException('The run was cancelled', 'AbortError')) => {
      rejectDone(reason)
      subscription.unsubscribe()
    },
    closed: (options) => scope.close(options),
  }
}
