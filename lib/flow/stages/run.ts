/** Provides `run`, which reads a flow to its end, and `Run`, the handle on it. */
import { EMPTY, type Observable, Subscription } from 'rxjs'
import { attached } from '../actors/attached.js'
import type { FlowEvent } from '../lifetime/side-channel.js'
import type { Flow } from '../flows/flow.js'
import { type CloseOptions, Scope } from '../lifetime/scope.js'
import { through } from './through.js'

/** Handle on a running flow. */
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
 * @param sink consumes the elements, one at a time, and thereby sets the pace. Default: discards them.
 * @param scope scope of the run; `closed` closes it
 */
export function run<T>(flow: Flow<T>, sink: (value: T) => unknown = () => EMPTY, scope = new Scope()): Run {
  const work = new Subscription()
  let stop: (reason: unknown) => void = () => undefined
  const done = new Promise<void>((resolve, reject) => {
    stop = reject
    const take = through(
      (value: T) =>
        attached(
          () => sink(value),
          (unfinished) => scope.hold(unfinished, 'sink'),
          scope,
        ),
      { name: 'sink' },
    )
    work.add(flow.pipe(take).toObservable(scope).subscribe({ error: reject, complete: resolve }))
  })
  scope.hold(
    done.catch(() => undefined),
    'run',
  )
  return {
    events: scope.events,
    done,
    cancel: (reason: unknown = new DOMException('The run was cancelled', 'AbortError')) => {
      stop(reason)
      work.unsubscribe()
    },
    closed: (options) => scope.close(options),
  }
}
