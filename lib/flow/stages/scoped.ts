/** Provides `scoped`, which gives a part of a run a separate scope. */
import { Observable, defer } from 'rxjs'
import { Scope } from '../lifetime/scope.js'

/**
 * Subscribes to the observable that `body` returns. `body` receives a new scope, which shares the event channel of
 * `parent`. The new scope is closed when the observable ends or is unsubscribed; `parent` waits for that. So its
 * cleanups run earlier than those of `parent`.
 * @param label name of the scope in `Scope.running`
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
