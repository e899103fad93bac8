/** Provides `attached`, which reads the result of a behaviour: a promise, observable, array or (async) iterable. */
import { Observable, type ObservableInput, from, of } from 'rxjs'
import { type Hold, iterate } from '../flows/iterate.js'
import { isPromise } from '../lifetime/promised.js'

/**
 * Returns an observable of the values of the input that `start` returns. Unsubscribing cannot stop a pending promise or
 * async generator; work that continues after unsubscription is passed to `hold`.
 */
export function attached<T>(start: () => ObservableInput<T>, hold: Hold): Observable<T> {
  return new Observable((out) => {
    let result: ObservableInput<T>
    try {
      result = start()
    } catch (error) {
      out.error(error)
      return undefined
    }
    if (isPromise<T>(result)) return promised(result, hold).subscribe(out)
    return (isAsyncIterable(result) ? iterate(result, of(Infinity), hold) : from(result)).subscribe(out)
  })
}

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
