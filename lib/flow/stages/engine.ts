/** Provides `engine`, which implements the slot accounting of all stages that work on several elements concurrently. */
import { Observable, Subject } from 'rxjs'
import type { Demand } from '../flows/demand.js'
import { Flow, type Stage } from '../flows/flow.js'
import { limit } from '../flows/limit.js'
import type { Order } from '../flows/order.js'
import type { Scope } from '../lifetime/scope.js'
import type { SlotCount } from './slot-count.js'
import { trampoline } from '../lifetime/trampoline.js'

/** Options of a stage with slots. */
export interface SlotOptions {
  /**
   * Number of elements in progress, from the request for an element until its last result is emitted. Default: 1. A
   * `SlotCount` may change while the stage runs.
   */
  readonly slots?: number | SlotCount
  /** Order of the results. Default: `arrival`. */
  readonly order?: Order
  /** Name of the stage in errors. */
  readonly name?: string
}

/** State of a slot: results that are ready, the demand for further ones, and whether the work has ended. */
interface Cell<T> {
  readonly ready: T[]
  readonly more: Subject<number>
  done: boolean
}

/**
 * Replaces each element by the results of `open`. A slot is taken when an element is requested, and freed when its last
 * result has been emitted and its work is torn down. The stage never requests more elements than it has free slots.
 * Each slot requests one result ahead of the reader; results of an observable that ignores demand wait in the slot.
 * @param open starts the work on one element; has to complete or fail after its teardown (see `settled`)
 * @throws ProtocolError unless `slots` is a whole number from 1
 */
export function engine<In, Out>(
  open: (element: In, demand: Demand, scope: Scope) => Observable<Out>,
  { slots = 1, order = 'arrival', name = 'stage' }: SlotOptions,
): Stage<In, Out> {
  if (typeof slots === 'number') limit(name, 'slots', slots, 1)
  const slotsNow = (): number => (typeof slots === 'number' ? slots : slots.value)
  const read = (input: Flow<In>, demand: Demand, scope: Scope): Observable<Out> =>
    new Observable((out) => {
      const upstream = new Subject<number>()
      const cells: Cell<Out>[] = []
      let wanted = 0
      let requested = 0
      let ended = false
      let begun = false
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
        const freeSlots = slotsNow() - requested - cells.length
        if (freeSlots > 0) {
          requested += freeSlots
          upstream.next(freeSlots)
        }
      })
      const serve = (element: In): void => {
        const cell: Cell<Out> = { ready: [], more: new Subject(), done: false }
        requested--
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
        begun = true
        drain()
      })
      out.add(asking)
      if (typeof slots !== 'number') out.add(slots.changes.subscribe(() => begun && drain()))
    })
  return (input) => new Flow((demand, scope) => read(input, demand, scope), name)
}
