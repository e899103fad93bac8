/** Reads a flow to its end, and gives a handle on that: to follow, to cancel, to wait until all is cleared. */
import { EMPTY, type Observable, type ObservableInput, Subscription } from 'rxjs'
import { attached } from '../actors/attached.js'
import type { FlowEvent } from '../lifetime/side-channel.js'
import type { Flow } from '../flows/flow.js'
import { type CloseOptions, Scope } from '../lifetime/scope.js'
import { through } from './through.js'

export interface Run {
  readonly events: Observable<FlowEvent>
  /** Resolves at the end of the flow, rejects with its error, or with the reason of `cancel`. Need not be watched. */
  readonly done: Promise<void>
  /** Asks it to end, now. `done` rejects with `reason` (an AbortError). */
  readonly cancel: (reason?: unknown) => void
  /** Resolves when it has ended and every cleanup is over. `within`: see `Scope.close`. */
  readonly closed: (options?: CloseOptions) => Promise<void>
}

/** Reads `flow` at the pace of `sink`, which takes one element at a time. `scope`, if given, is closed by `closed`. */
export function run<T>(
  flow: Flow<T>,
  sink: (value: T) => ObservableInput<unknown> = () => EMPTY,
  scope = new Scope(),
): Run {
  const work = new Subscription()
  let stop: (reason: unknown) => void = () => undefined
  const done = new Promise<void>((resolve, reject) => {
    stop = reject
    const take = through(
      (value: T) =>
        attached(
          () => sink(value),
          (rest) => scope.hold(rest, 'sink'),
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
