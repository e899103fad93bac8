/** Provides `withBuffer`, which emits the elements of an observable on demand, from a bounded buffer. */
import { Observable, type Subscription } from 'rxjs'
import type { Demand } from './demand.js'
import { ProtocolError } from './protocol-error.js'
import { trampoline } from '../lifetime/trampoline.js'

/** Options of a buffer between an observable and a flow. */
export interface BufferOptions {
  /** Maximum number of elements that wait for demand. */
  readonly capacity: number
  /** What happens when the buffer is full: the flow fails with a `ProtocolError`, or an element is dropped. */
  readonly overflow: 'fail' | 'drop-oldest' | 'drop-newest'
}

/**
 * Emits the elements of `source` on demand. Subscribes to `source` at the first demand. Elements that are not requested
 * yet wait in the buffer; an error is emitted at once, before them.
 * @throws ProtocolError (as an error of the flow) if the buffer overflows and `overflow` is `fail`
 */
export function withBuffer<T>(
  source: Observable<T>,
  { capacity, overflow }: BufferOptions,
  demand: Demand,
): Observable<T> {
  return new Observable((out) => {
    const waiting: T[] = []
    let wanted = 0
    let ended = false
    let reading: Subscription | undefined
    const drain = trampoline(() => {
      while (wanted > 0 && waiting.length > 0) {
        wanted--
        out.next(waiting.shift()!)
      }
      if (ended && waiting.length === 0) out.complete()
    })
    const accept = (value: T): void => {
      const full = waiting.length >= capacity && wanted === 0
      if (full && overflow === 'fail') {
        out.error(
          new ProtocolError(
            'Flow.fromObservable',
            `the source emitted more than the ${capacity} elements that may be buffered`,
          ),
        )
        return
      }
      if (full && (overflow === 'drop-newest' || capacity === 0)) return
      if (full) waiting.shift()
      waiting.push(value)
      drain()
    }
    out.add(
      demand.subscribe((count) => {
        wanted += count
        drain()
        if (reading !== undefined) return
        reading = source.subscribe({
          next: accept,
          error: (error: unknown) => out.error(error),
          complete: () => {
            ended = true
            drain()
          },
        })
        out.add(reading)
      }),
    )
  })
}
