/** Gives a piece of a run a lifetime of its own: what it leaves behind is cleared when it ends, not when the run does. */
import { Observable, defer } from 'rxjs'
import { Scope } from '../lifetime/scope.js'

/** `body`, read in a scope of its own that shares the events of `parent`; `parent` waits until it is over and cleared. */
export function scoped<T>(
  parent: Scope,
  body: (scope: Scope) => Observable<T>,
  label = 'scope',
): Observable<T> {
  return new Observable((out) => {
    const scope = new Scope(parent.channel)
    let end = (): void => undefined
    const over = new Promise<void>((resolve) => {
      end = () => resolve(scope.close())
    })
    parent.hold(over, () => [label, ...scope.running].join(' > '))
    out.add(end)
    return defer(() => body(scope)).subscribe(out)
  })
}
