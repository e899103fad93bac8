/** Provides `stageWithSlots`, the common part of all stages that work on several elements concurrently. */
import { Observable, Subject } from 'rxjs'
import type { Demand } from '../flows/demand.js'
import { Flow, type Stage } from '../flows/flow.js'
import { validateCount } from '../flows/validate-count.js'
import type { Order } from '../flows/order.js'
import type { Scope } from '../lifetime/scope.js'
import type { SlotCount } from './slot-count.js'
import { trampoline } from '../lifetime/trampoline.js'

/** Options of a stage with slots. */
export interface SlotOptions {
  /**
   * Maximum number of elements in progress. An element holds its slot from the request for it until its last result is
   * emitted. Default: 1. A `SlotCount` may change while the stage runs.
   */
  readonly slots?: number | SlotCount
  /** Order of the results. Default: `arrival`. */
  readonly order?: Order
  /** Name of the stage in errors. */
  readonly name?: string
}

/** The work on one element. */
interface ElementWork<T> {
  /** Results that have not been emitted yet. */
  readonly ready: T[]
  /** Demand for further results. */
  readonly more: Subject<number>
  /** Whether the work has ended. */
  done: boolean
}

/**
 * Returns a stage that replaces each element by the results of `open`. A slot is taken when an element is requested,
 * and freed when its last result has been emitted and its work is torn down. The stage never requests more elements
 * than it has free slots. Each slot requests one result ahead of the reader. Results that were not requested wait in
 * the slot.
 * @param open starts the work on one element; must complete or fail after its teardown (see `endAfterTeardown`)
 * @throws ProtocolError unless `slots` is a whole number of at least 1
 */
export function stageWithSlots<In, Out>(
  open: (element: In, demand: Demand, scope: Scope) => Observable<Out>,
  { slots = 1, order = 'arrival', name = 'stage' }: SlotOptions,
): Stage<In, Out> {
  if (typeof slots === 'number') validateCount(name, 'slots', slots, 1)
  const currentSlots = (): number => (typeof slots === 'number' ? slots : slots.value)
  const read = (input: Flow<In>, demand: Demand, scope: Scope): Observable<Out> =>
    new Observable((out) => {
      const upstream = new Subject<number>()
      const inProgress: ElementWork<Out>[] = []
      let wanted = 0
      let requested = 0
      let ended = false
      let hasDemand = false
      const drain = trampoline(() => {
        for (let index = 0; index < inProgress.length;) {
          const work = inProgress[index]!
          while (wanted > 0 && work.ready.length > 0) {
            wanted--
            out.next(work.ready.shift()!)
            work.more.next(1)
          }
          if (work.done && work.ready.length === 0) inProgress.splice(index, 1)
          else if (order === 'source') break
          else index++
        }
        if (ended) {
          if (inProgress.length === 0) out.complete()
          return
        }
        const freeSlots = currentSlots() - requested - inProgress.length
        if (freeSlots > 0) {
          requested += freeSlots
          upstream.next(freeSlots)
        }
      })
      const serve = (element: In): void => {
        const work: ElementWork<Out> = { ready: [], more: new Subject(), done: false }
        requested--
        inProgress.push(work)
        const subscription = open(element, work.more, scope).subscribe({
          next: (value) => {
            work.ready.push(value)
            drain()
          },
          error: (error: unknown) => out.error(error),
          complete: () => {
            work.done = true
            drain()
          },
        })
        out.add(subscription)
        work.more.next(1)
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
      const demandSubscription = demand.subscribe((count) => {
        wanted += count
        hasDemand = true
        drain()
      })
      out.add(demandSubscription)
      if (typeof slots !== 'number') out.add(slots.changes.subscribe(() => hasDemand && drain()))
    })
  return (input) => new Flow((demand, scope) => read(input, demand, scope), name)
}
