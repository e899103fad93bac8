/** Provides `scoped`, which gives a part of a run a scope of its own. */
import { Observable, defer } from 'rxjs'
import { Scope } from '../lifetime/scope.js'

/**
 * Subscribes to `body` with a new scope that shares the event channel of `parent`. The scope is closed when the
 * observable ends or is unsubscribed, so its cleanups run before the run itself is closed. `parent` waits for that.
 */
export function scoped<T>(
  parent: Scope,
  body: (scope: Scope) => Observable<T>,
  label = 'scope',
): Observable<T> {
  return new Observable((out) => {
    const scope = new Scope(parent.channel)
    let end = (): void => undefined
    const closed = new Promise<void>((resolve) => {
      end = () => resolve(scope.close())
    })
    parent.hold(closed, () => [label, ...scope.running].join(' > '))
    out.add(end)
    return defer(() => body(scope)).subscribe(out)
  })
}
