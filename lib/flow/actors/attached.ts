/** Reads whatever a behaviour returned (promise, observable, array, async iterable …) without losing hold of it when left. */
import { Observable, type ObservableInput, from, of } from 'rxjs'
import { type Hold, iterate } from '../flows/iterate.js'
import { isPromise } from '../lifetime/promised.js'

/**
 * What `start` gives. Unsubscribing stops no promise and no generator that waits: what goes on after it is handed to
 * `hold`, for somebody to wait for.
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
