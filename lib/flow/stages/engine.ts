/**
 * All there is to slot accounting. A slot is taken when an element is asked for, and given back when the last result of
 * that element has left and its work is torn down; a stage never asks for more than it has slots free.
 */
import { Observable, Subject } from 'rxjs'
import type { Demand } from '../flows/demand.js'
import { Flow, type Stage } from '../flows/flow.js'
import { limit } from '../flows/limit.js'
import type { Order } from '../flows/order.js'
import type { Scope } from '../lifetime/scope.js'
import { trampoline } from '../lifetime/trampoline.js'

export interface SlotOptions {
  /** How many elements are in work at once, from being asked for until their last result has left (1). */
  readonly slots?: number
  /** `arrival`, unless said otherwise. */
  readonly order?: Order
  /** What errors call the stage. */
  readonly name?: string
}

/** What one slot holds: the results that are ready, how to ask for more of them, and whether there can be more. */
interface Cell<T> {
  readonly ready: T[]
  readonly more: Subject<number>
  done: boolean
}

/**
 * Replaces each element by what `open` makes of it. One result is asked for ahead of each slot's reader; an observable
 * that knows no demand may give more, which waits. `open` must tell its end only after its teardown.
 */
export function engine<In, Out>(
  open: (element: In, demand: Demand, scope: Scope) => Observable<Out>,
  { slots = 1, order = 'arrival', name = 'stage' }: SlotOptions,
): Stage<In, Out> {
  limit(name, 'slots', slots, 1)
  const read = (input: Flow<In>, demand: Demand, scope: Scope): Observable<Out> =>
    new Observable((out) => {
      const upstream = new Subject<number>()
      const cells: Cell<Out>[] = []
      let wanted = 0
      let asked = 0
      let ended = false
      const drain = trampoline(() => {
        for (let at = 0; at < cells.length;) {
          const cell = cells[at]!
          while (wanted > 0 && cell.ready.length > 0) {
            wanted--
            out.next(cell.ready.shift()!)
            cell.more.next(1)
          }
          if (cell.done && cell.ready.length === 0) cells.splice(at, 1)
          else if (order === 'source') break
          else at++
        }
        if (ended) {
          if (cells.length === 0) out.complete()
          return
        }
        const room = slots - asked - cells.length
        if (room > 0) {
          asked += room
          upstream.next(room)
        }
      })
      const serve = (element: In): void => {
        const cell: Cell<Out> = { ready: [], more: new Subject(), done: false }
        asked--
        cells.push(cell)
        const work = open(element, cell.more, scope).subscribe({
          next: (value) => {
            cell.ready.push(value)
            drain()
          },
          error: (error: unknown) => out.error(error),
          complete: () => {
            cell.done = true
            drain()
          },
        })
        out.add(work)
        cell.more.next(1)
      }
      const reading = input.open(upstream, scope).subscribe({
        next: serve,
        error: (error: unknown) => out.error(error),
        complete: () => {
          ended = true
          drain()
        },
      })
      out.add(reading)
      const asking = demand.subscribe((count) => {
        wanted += count
        drain()
      })
      out.add(asking)
    })
  return (input) => new Flow((demand, scope) => read(input, demand, scope), name)
}
