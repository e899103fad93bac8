/** Provides `keep`, a filter that requests a replacement for each element that it drops. */
import { Subject, filter, merge } from 'rxjs'
import { Flow, type Stage } from './flow.js'

/** Emits the elements that satisfy `test`. Requests another element for each one that it drops. */
export function keep<A, B extends A>(test: (element: A) => element is B): Stage<A, B>
export function keep<A>(test: (element: A) => boolean): Stage<A, A>
export function keep<A>(test: (element: A) => boolean): Stage<A, A> {
  return (input) =>
    new Flow((demand, scope) => {
      const replacements = new Subject<number>()
      const isKept = (element: A): boolean => {
        if (test(element)) return true
        replacements.next(1) // the input handles demand in a loop, so this does not grow the stack
        return false
      }
      return input.open(merge(demand, replacements), scope).pipe(filter(isKept))
    }, 'keep')
}
