/** Makes a stage of an RxJS operator that gives one element for each it gets. */
import type { OperatorFunction } from 'rxjs'
import { Flow, type Stage } from './flow.js'

/**
 * `map`, `tap`, `scan`, `delay`: one to one. One that drops elements would starve a reader who asked for one (`keep`
 * asks again); one that multiplies them fails with a `ProtocolError` (use `expand`).
 */
export function lift<A, B>(oneToOne: OperatorFunction<A, B>): Stage<A, B> {
  return (input) => new Flow((demand, scope) => input.open(demand, scope).pipe(oneToOne), 'lift')
}
