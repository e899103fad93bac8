/** Tests flows with RxJS marble diagrams in virtual time. The demand is a marble diagram too. */
import assert from 'node:assert/strict'
import { TestScheduler } from 'rxjs/testing'
import { type Demand, Flow, Scope } from '../flow/index.js'

/** Functions for marble tests. */
export interface FlowMarbles {
  /** Returns a demand: each digit in the diagram requests that number of elements, `*` requests all. */
  readonly demand: (marbles: string) => Demand
  /** Returns a flow that emits at the times of the diagram and buffers elements that are not requested yet. */
  readonly cold: <T = string>(marbles: string, values?: Record<string, T>, error?: unknown) => Flow<T>
  /** Opens `flow` with `demand` and compares its output with a diagram. */
  readonly expectFlow: <T>(flow: Flow<T>, demand: Demand, unsubscription?: string) => FlowExpectation<T>
}

/** An expectation about the output of a flow. */
export interface FlowExpectation<T> {
  /** States the output of the flow as a diagram. */
  readonly toBe: (marbles: string, values?: Record<string, T>, error?: unknown) => void
}

const countByMarble: Record<string, number> = { '*': Infinity }
for (let digit = 0; digit <= 9; digit++) countByMarble[String(digit)] = digit

/**
 * Runs `body` in virtual time and then compares all outputs with their diagrams. The flows must not use promises,
 * because these do not run in virtual time.
 * @throws AssertionError if an output differs
 */
export function flowMarbles(body: (marbles: FlowMarbles) => void): void {
  new TestScheduler((actual, expected) => assert.deepEqual(actual, expected)).run((helpers) => {
    body({
      demand: (marbles) => helpers.hot(marbles, countByMarble),
      cold: <T>(marbles: string, values?: Record<string, T>, error?: unknown) =>
        // Without values, the elements are the letters, and T is string by default.
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
