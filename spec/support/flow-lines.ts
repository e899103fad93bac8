/** Random lines of stages with sources and behaviours that count, for the property tests. */
import fc from 'fast-check'
import { defer, finalize, of, tap } from 'rxjs'
import { Flow, type FlowEvent, type Order, type Scope, type Stage, stage } from '../../lib/flow/index.js'

export const runs = { numRuns: 300 }

/** One turn of the event loop. */
export const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export const ticks = async (count: number): Promise<void> => {
  for (let each = 0; each < count; each++) await tick()
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

/** The events of a scope from now on. */
export function recorded(scope: Scope): FlowEvent[] {
  const events: FlowEvent[] = []
  scope.events.subscribe((event) => events.push(event))
  return events
}

export interface Counted<T> {
  readonly flow: Flow<T>
  readonly count: { read: number; opened: number; released: number }
}

/** A source that counts what was read from it, how often it was opened, and how often let go. */
export function counted<T>(items: Iterable<T> | AsyncIterable<T>): Counted<T> {
  const count = { read: 0, opened: 0, released: 0 }
  const flow = new Flow<T>((demand, scope) =>
    defer(() => {
      count.opened++
      return Flow.from(items)
        .open(demand, scope)
        .pipe(
          tap(() => count.read++),
          finalize(() => count.released++),
        )
    }),
  )
  return { flow, count }
}

/** What the behaviour of one stage has seen. */
export interface Gauge {
  now: number
  most: number
  aborted: number
  started: number
  ended: number
}

export interface StageShape {
  readonly slots: number
  /** Turns of the event loop that each element takes, in rotation; 0 is synchronous. */
  readonly delays: readonly number[]
  readonly order: Order
}

export interface LineShape {
  readonly count: number
  readonly stages: readonly StageShape[]
  readonly demand: readonly number[]
}

export const order = fc.constantFrom<Order>('arrival', 'source')

export const line: fc.Arbitrary<LineShape> = fc.record({
  count: fc.integer({ min: 0, max: 40 }),
  stages: fc.array(
    fc.record({
      slots: fc.integer({ min: 1, max: 5 }),
      delays: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 5 }),
      order,
    }),
    { minLength: 1, maxLength: 4 },
  ),
  demand: fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 8 }),
})

/** A stage that answers each element with itself, sometimes at once, sometimes later. */
export function jittery({ slots, delays, order }: StageShape, gauge: Gauge): Stage<number, number> {
  let calls = 0
  return stage(
    (element: number, turn) => {
      gauge.started++
      gauge.now++
      gauge.most = Math.max(gauge.most, gauge.now)
      turn.defer(() => {
        gauge.now--
        gauge.ended++
      })
      turn.signal.addEventListener('abort', () => gauge.aborted++)
      const delay = delays[calls++ % delays.length]!
      return delay === 0 ? of(element) : ticks(delay).then(() => element)
    },
    { slots, order },
  )
}

/** `source` through all stages of `shape`, with a gauge for each. */
export function build(shape: LineShape, source: Flow<number>): { gauges: Gauge[]; flow: Flow<number> } {
  const gauges = shape.stages.map(() => ({ now: 0, most: 0, aborted: 0, started: 0, ended: 0 }))
  const flow = shape.stages.reduce((before, each, at) => before.pipe(jittery(each, gauges[at]!)), source)
  return { gauges, flow }
}

/** The slots of all stages together: how much the line may read ahead. */
export const slotsOf = (shape: LineShape): number => shape.stages.reduce((sum, { slots }) => sum + slots, 0)
