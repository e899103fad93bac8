/** Provides `through`, which sends the elements of a flow to an actor or a `SingleFlight`. */
import { type Observable, defer } from 'rxjs'
import { type SlotOptions, stageWithSlots } from './stage-with-slots.js'
import type { Stage } from '../flows/flow.js'
import type { Scope } from '../lifetime/scope.js'
import { endAfterTeardown } from '../flows/end-after-teardown.js'

/**
 * Returns a stage that replaces each element by the results of `ask`. `slots` limits the elements of this run that wait
 * or are in progress; a shared actor behind `ask` has a limit of its own for all runs. The results of an element are
 * buffered without a limit; use `expand` for elements with many results.
 * @throws ProtocolError unless `slots` is a whole number of at least 1
 */
export function through<In, Out>(
  ask: (element: In, scope: Scope) => Observable<Out>,
  options: SlotOptions = {},
): Stage<In, Out> {
  return stageWithSlots((element, _demand, scope) => endAfterTeardown(defer(() => ask(element, scope))), {
    name: 'through',
    ...options,
  })
}
