/** Provides `toArray`, which collects a flow into one array. */
import { concatMap, filter, of, take, toArray as collect } from 'rxjs'
import { Flow, type Stage } from './flow.js'

/**
 * Collects all elements of a flow and emits them as one array when it ends. The array has no maximum size, so the
 * flow has to be short.
 */
export function toArray<T>(): Stage<T, readonly T[]> {
  return (input) =>
    new Flow((demand, scope) =>
      demand.pipe(
        filter((wanted) => wanted > 0),
        take(1),
        concatMap(() => input.open(of(Infinity), scope).pipe(collect())),
      ),
    )
}
