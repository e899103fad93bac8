/** Filters a flow, asking again for each element it drops. */
import { Subject, filter, merge } from 'rxjs'
import { Flow, type Stage } from './flow.js'

/** Lets those elements through for which `test` holds. */
export function keep<A, B extends A>(test: (element: A) => element is B): Stage<A, B>
export function keep<A>(test: (element: A) => boolean): Stage<A, A>
export function keep<A>(test: (element: A) => boolean): Stage<A, A> {
  return (input) =>
    new Flow((demand, scope) => {
      const again = new Subject<number>()
      const wanted = (element: A): boolean => {
        if (test(element)) return true
        again.next(1) // the input answers in a loop of its own, so this does not grow the stack
        return false
      }
      return input.open(merge(demand, again), scope).pipe(filter(wanted))
    }, 'keep')
}
