/** Sends every element through something that answers: a shared actor, a single flight. */
import { type Observable, defer } from 'rxjs'
import { type SlotOptions, engine } from './engine.js'
import type { Stage } from '../flows/flow.js'
import type { Scope } from '../lifetime/scope.js'
import { settled } from '../flows/settled.js'

/**
 * Each element becomes what `ask` answers. `slots` says how many elements of this run may wait or be served; what is
 * asked has its own limits. An answer of many values is held ready as it comes: for open-ended ones use `expand`.
 * @throws ProtocolError unless slots is a whole number from 1
 */
export function through<In, Out>(
  ask: (element: In, scope: Scope) => Observable<Out>,
  options: SlotOptions = {},
): Stage<In, Out> {
  return engine((element, _demand, scope) => settled(defer(() => ask(element, scope))), {
    name: 'through',
    ...options,
  })
}
