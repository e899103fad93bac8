/** Provides `keep`, a filter that maintains demand. */
import { Subject, filter, merge } from 'rxjs'
import { Flow, type Stage } from './flow.js'

/** Emits the elements that satisfy `test`. Requests another element for each one that it drops. */
export function keep<A, B extends A>(test: (element: A) => element is B): Stage<A, B>
export function keep<A>(test: (element: A) => boolean): Stage<A, A>
export function keep<A>(test: (element: A) => boolean): Stage<A, A> {
  return (input) =>
    new Flow((demand, scope) => {
      const again = new Subject<number>()
      const wanted = (element: A): boolean => {
        if (test(element)) return true
        again.next(1) // the input handles demand in a loop, so this does not grow the stack
        return false
      }
      return input.open(merge(demand, again), scope).pipe(filter(wanted))
    }, 'keep')
}
