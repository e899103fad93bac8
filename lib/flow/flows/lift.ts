/** Provides `lift`, which turns an RxJS operator into a stage. */
import type { OperatorFunction } from 'rxjs'
import { Flow, type Stage } from './flow.js'

/**
 * Turns an operator that emits one element per input element into a stage: `map`, `tap`, `scan`, `delay`. An operator
 * that drops elements stalls its reader, because it does not request replacements; use `keep`. An operator that
 * multiplies elements fails with a `ProtocolError`; use `expand`.
 */
export function lift<A, B>(oneToOne: OperatorFunction<A, B>): Stage<A, B> {
  return (input) => new Flow((demand, scope) => input.open(demand, scope).pipe(oneToOne), 'lift')
}
