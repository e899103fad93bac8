/** Provides `expand`, which replaces each element by the elements of a flow. */
import { defer } from 'rxjs'
import { type SlotOptions, stageWithSlots } from './stage-with-slots.js'
import type { Flow, Stage } from '../flows/flow.js'

/**
 * Returns a stage that replaces each element by the elements of the flow `project(element)`. Reads up to `slots` flows
 * concurrently, each one element ahead of the reader.
 * @throws ProtocolError unless `slots` is a whole number of at least 1
 */
export function expand<In, Out>(
  project: (element: In) => Flow<Out>,
  options: SlotOptions = {},
): Stage<In, Out> {
  return stageWithSlots((element, demand, scope) => defer(() => project(element).open(demand, scope)), {
    name: 'expand',
    ...options,
  })
}
