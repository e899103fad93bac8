/** Provides `lift`, which turns an RxJS operator into a stage. */
import type { OperatorFunction } from 'rxjs'
import { Flow, type Stage } from './flow.js'

/**
 * Turns an operator that emits one element per input element into a stage: `map`, `tap`, `scan`, `delay`. Other
 * operators do not work: one that drops elements stalls its reader, because no replacement is requested (use `keep`);
 * one that emits more elements fails with a `ProtocolError` (use `expand`).
 */
export function lift<A, B>(oneToOne: OperatorFunction<A, B>): Stage<A, B> {
  return (input) => new Flow((demand, scope) => input.open(demand, scope).pipe(oneToOne), 'lift')
}
