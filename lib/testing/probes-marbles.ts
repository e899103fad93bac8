/** Flows as marble diagrams, in virtual time: demand is drawn like everything else. */
import assert from 'node:assert/strict'
import { TestScheduler } from 'rxjs/testing'
import { type Demand, Flow, Scope } from '../flow/index.js'

export interface FlowMarbles {
  /** A demand: each digit asks for so many elements, `*` for all. */
  readonly demand: (marbles: string) => Demand
  /** A flow that emits in its own time, and keeps what nobody wants yet. */
  readonly cold: <T = string>(marbles: string, values?: Record<string, T>, error?: unknown) => Flow<T>
  readonly expectFlow: <T>(
    flow: Flow<T>,
    demand: Demand,
    unsubscription?: string,
  ) => { readonly toBe: (marbles: string, values?: Record<string, T>, error?: unknown) => void }
}

const counts: Record<string, number> = { '*': Infinity }
for (let digit = 0; digit <= 9; digit++) counts[String(digit)] = digit

/** Runs `body` in virtual time, then compares. Promises know no virtual time: behaviours must do without them here. */
export function flowMarbles(body: (marbles: FlowMarbles) => void): void {
  new TestScheduler((actual, expected) => assert.deepEqual(actual, expected)).run((helpers) => {
    body({
      demand: (marbles) => helpers.hot(marbles, counts),
      cold: <T>(marbles: string, values?: Record<string, T>, error?: unknown) =>
        // Without values the letters themselves are the elements, which is what T is unless said otherwise.
        Flow.fromObservable(helpers.cold<T>(marbles, values as never, error), {
          capacity: marbles.length,
          overflow: 'fail',
        }),
      expectFlow: (flow, demand, unsubscription) => {
        const expectation = helpers.expectObservable(flow.open(demand, new Scope()), unsubscription)
        return { toBe: (marbles, values, error) => expectation.toBe(marbles, values, error) }
      },
    })
  })
}
