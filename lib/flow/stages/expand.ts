/** Provides `expand`, which replaces each element by the elements of a flow. */
import { defer } from 'rxjs'
import { type SlotOptions, engine } from './engine.js'
import type { Flow, Stage } from '../flows/flow.js'

/**
 * Replaces each element by the elements of `project(element)`. Reads `slots` flows concurrently, each one element
 * ahead.
 * @throws ProtocolError unless `slots` is a whole number of at least 1
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
