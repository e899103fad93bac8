/** Replaces each element by a flow of others: one to many, as far as they are wanted. */
import { defer } from 'rxjs'
import { type SlotOptions, engine } from './engine.js'
import type { Flow, Stage } from '../flows/flow.js'

/**
 * Each element becomes the elements of `project(element)`, of which `slots` are open at once and each is read one ahead.
 * @throws ProtocolError unless slots is a whole number from 1
 */
export function expand<In, Out>(
  project: (element: In) => Flow<Out>,
  options: SlotOptions = {},
): Stage<In, Out> {
  return engine((element, demand, scope) => defer(() => project(element).open(demand, scope)), {
    name: 'expand',
    ...options,
  })
}
