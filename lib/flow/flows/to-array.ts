/** Waits for all that a short flow has, and answers with the one list of it. Holds every element in memory. */
import { concatMap, filter, of, take, toArray } from 'rxjs'
import { Flow, type Stage } from './flow.js'

export function gather<T>(): Stage<T, readonly T[]> {
  return (input) =>
    new Flow((demand, scope) =>
      demand.pipe(
        filter((wanted) => wanted > 0),
        take(1),
        concatMap(() => input.open(of(Infinity), scope).pipe(toArray())),
      ),
    )
}
