/** Provides `stage`, which turns a behaviour into a stage. */
import { defer, finalize } from 'rxjs'
import { Actor, type ActorOptions } from '../actors/actor.js'
import { Flow, type Stage } from '../flows/flow.js'
import { validateCount } from '../flows/validate-count.js'
import type { Order } from '../flows/order.js'
import { through } from './through.js'
import type { Behavior, Turn } from '../actors/turn.js'
import type { FlowEvent } from '../lifetime/side-channel.js'

/** Options of `stage`. */
export interface StageOptions<Msg> extends Partial<ActorOptions<Msg>> {
  /** Order of the results. Default: `arrival`. */
  readonly order?: Order
}

/**
 * A value that is one result, even if it is iterable. `stage` has an overload for behaviours that return such values.
 * Without it, TypeScript would take a string for an iterable of its characters, and would not infer literal types.
 */
export type Primitive = string | number | bigint | boolean | symbol | null | undefined

/**
 * Returns a stage that replaces each element by the results of `behavior`. Works on up to `slots` elements (default: 1)
 * concurrently. Each run uses an actor of its own.
 * @throws ProtocolError unless `slots` is a whole number of at least 1
 */
export function stage<In, Out extends Primitive, Event extends FlowEvent>(
  behavior: (message: In, turn: Turn<Event>) => Out,
  options?: StageOptions<In>,
): Stage<In, Out>
export function stage<In, Out, Event extends FlowEvent = FlowEvent>(
  behavior: Behavior<In, Out, Event>,
  options?: StageOptions<In>,
): Stage<In, Out>
export function stage<In, Out, Event extends FlowEvent>(
  behavior: Behavior<In, Out, Event>,
  options: StageOptions<In> = {},
): Stage<In, Out> {
  const { name = 'stage', slots = 1, order = 'arrival' } = options
  validateCount(name, 'slots', slots, 1)
  return (input) =>
    new Flow(
      (demand, scope) =>
        defer(() => {
          const actor = new Actor<In, Out>(() => behavior, { ...options, name }, scope)
          return through(actor.ask, { name, slots, order })(input)
            .open(demand, scope)
            .pipe(finalize(() => actor.stop()))
        }),
      name,
    )
}
