/** Provides `iterate`, which reads an iterable as demand arrives. */
import { Observable } from 'rxjs'
import type { Demand } from './demand.js'
import { isPromise } from '../lifetime/promised.js'
import { trampoline } from '../lifetime/trampoline.js'

/** Receives work that has not settled when its reader unsubscribes, so that somebody waits for it: `Scope.hold`. */
export type Hold = (work: Promise<unknown>) => void

interface Cursor<T> {
  next(): IteratorResult<T> | Promise<IteratorResult<T>>
  return?(): unknown
}

const cursorOf = <T>(items: Iterable<T> | AsyncIterable<T>): Cursor<T> =>
  Symbol.asyncIterator in Object(items)
    ? (items as AsyncIterable<T>)[Symbol.asyncIterator]()
    : (items as Iterable<T>)[Symbol.iterator]()

/**
 * Emits the items of `items`, one per requested element. Unsubscribing early calls `return` of the iterator once. A
 * pending promise of its `next` or `return` is passed to `hold`.
 */
export function iterate<T>(items: Iterable<T> | AsyncIterable<T>, demand: Demand, hold: Hold): Observable<T> {
  return new Observable((out) => {
    let cursor: Cursor<T> | undefined
    let wanted = 0
    let reading: Promise<unknown> | undefined
    let ended = false
    const fail = (error: unknown): void => {
      reading = undefined
      ended = true // `return` must not be called on an iterator that threw
      out.error(error)
    }
    const take = (step: IteratorResult<T>): void => {
      reading = undefined
      if (step.done) {
        ended = true
        out.complete()
      } else {
        wanted--
        out.next(step.value)
      }
    }
    const drain = trampoline(() => {
      while (wanted > 0 && reading === undefined && !ended && !out.closed) {
        try {
          const step = (cursor ??= cursorOf(items)).next()
          if (!isPromise<IteratorResult<T>>(step)) take(step)
          else
            reading = step.then((result) => {
              take(result)
              drain()
            }, fail)
        } catch (error) {
          fail(error)
        }
      }
    })
    out.add(() => {
      if (reading !== undefined) hold(reading)
      if (ended || cursor === undefined) return
      ended = true
      const returned = cursor.return?.()
      if (isPromise(returned)) hold(returned)
    })
    out.add(
      demand.subscribe((count) => {
        wanted += count
        drain()
      }),
    )
  })
}
