/** Provides `through`, which sends the elements of a flow to an actor or a single flight. */
import { type Observable, defer } from 'rxjs'
import { type SlotOptions, engine } from './engine.js'
import type { Stage } from '../flows/flow.js'
import type { Scope } from '../lifetime/scope.js'
import { settled } from '../flows/settled.js'

/**
 * Replaces each element by the results of `ask`. `slots` limits the elements of this run that wait or are in progress; the
 * receiver of `ask` may have a limit of its own. The results of an element are buffered without a limit; use `expand` for
 * elements with many results.
 * @throws ProtocolError unless `slots` is a whole number of at least 1
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
