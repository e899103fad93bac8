/**
 * Provides `readResult`, which reads the values that a behaviour returns: one value, or those of a promise, observable,
 * flow, array or (async) iterable.
 */
import { Observable, type ObservableInput, from, of } from 'rxjs'
import { Flow } from '../flows/flow.js'
import { type Hold, iterate } from '../flows/iterate.js'
import { isPromise } from '../lifetime/promised.js'
import type { Scope } from '../lifetime/scope.js'

/** What a behaviour may return: one value, a flow, or anything that RxJS's `from` accepts. A string is one value. */
export type BehaviorResult<T> = T | ObservableInput<T> | Flow<T>

/**
 * Returns an observable of the values that `start` returns. Unsubscribing cannot stop a pending promise or async
 * generator: it is passed to `hold`.
 * @param scope scope in which a returned flow is opened
 */
export function readResult<T>(start: () => BehaviorResult<T>, hold: Hold, scope: Scope): Observable<T> {
  return new Observable((out) => {
    let result: BehaviorResult<T>
    try {
      result = start()
    } catch (error) {
      out.error(error)
      return undefined
    }
    if (isPromise<T>(result)) return fromPromise(result, hold).subscribe(out)
    if (result instanceof Flow) return result.toObservable(scope).subscribe(out)
    if (!isObservableInput<T>(result)) return of(result).subscribe(out)
    return (isAsyncIterable(result) ? iterate(result, of(Infinity), hold) : from(result)).subscribe(out)
  })
}

const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'

/** Returns whether RxJS can read values from `result`, which is not a promise. */
const isObservableInput = <T>(result: unknown): result is ObservableInput<T> =>
  isObject(result) &&
  (result instanceof Observable ||
    Symbol.asyncIterator in result ||
    Symbol.iterator in result ||
    Symbol.observable in result ||
    '@@observable' in result ||
    'getReader' in result)

const isAsyncIterable = <T>(result: ObservableInput<T>): result is AsyncIterable<T> =>
  Symbol.asyncIterator in result

function fromPromise<T>(work: Promise<T>, hold: Hold): Observable<T> {
  return new Observable((out) => {
    let settled = false
    work.then(
      (value) => {
        settled = true
        out.next(value)
        out.complete()
      },
      (error: unknown) => {
        settled = true
        out.error(error)
      },
    )
    return () => {
      if (!settled) hold(work)
    }
  })
}
