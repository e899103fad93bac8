/** Reads what a behaviour returned as an observable. */
import { Observable, type ObservableInput, from, of } from 'rxjs'
import { type Hold, iterate } from '../flows/iterate.js'
import { isPromise } from '../lifetime/promised.js'

/** What a behaviour may return: one value, or what RxJS reads values from. A string is one value. */
export type Reading<T> = T | ObservableInput<T>

/**
 * Subscribes to what `start` returns. Unsubscribing cannot stop a promise or a generator that waits: it is passed to
 * `hold`, so that somebody waits for it.
 */
export function attached<T>(start: () => Reading<T>, hold: Hold): Observable<T> {
  return new Observable((out) => {
    let result: Reading<T>
    try {
      result = start()
    } catch (error) {
      out.error(error)
      return undefined
    }
    if (isPromise<T>(result)) return promised(result, hold).subscribe(out)
    if (!isInput<T>(result)) return of(result).subscribe(out)
    return (isAsyncIterable(result) ? iterate(result, of(Infinity), hold) : from(result)).subscribe(out)
  })
}

const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'

/** Whether RxJS reads values from `result`, which is not a promise. */
const isInput = <T>(result: unknown): result is ObservableInput<T> =>
  isObject(result) &&
  (result instanceof Observable ||
    Symbol.asyncIterator in result ||
    Symbol.iterator in result ||
    Symbol.observable in result ||
    '@@observable' in result ||
    'getReader' in result)

const isAsyncIterable = <T>(result: ObservableInput<T>): result is AsyncIterable<T> =>
  Symbol.asyncIterator in result

function promised<T>(work: Promise<T>, hold: Hold): Observable<T> {
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
