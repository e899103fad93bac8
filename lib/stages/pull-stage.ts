/** Provides `pullStage`, which is `stage` with the types of the events of a pull. */
import {
  type Behavior,
  type Primitive,
  type Stage,
  type StageOptions,
  type Turn,
  stage,
} from '../flow/index.js'
import type { PullEventBody } from '../events/index.js'

/** The context of one call of a stage's behaviour (see `Turn`). It can emit the events of a pull only. */
export type PullTurn = Turn<PullEventBody>

/**
 * Returns a stage whose behaviour may emit the events of a pull. It is `stage` with the types of these events: an event
 * with a wrong or a missing field does not compile.
 *
 * @example
 * const report = pullStage((image: PlannedImage, turn) => {
 *   turn.emit({ type: 'warning', code: 'large', message: `${image.request.name} has many layers` })
 *   return image
 * }, { name: 'report' })
 */
export function pullStage<In, Out extends Primitive>(
  behavior: (message: In, turn: PullTurn) => Out,
  options?: StageOptions<In>,
): Stage<In, Out>
export function pullStage<In, Out>(
  behavior: Behavior<In, Out, PullEventBody>,
  options?: StageOptions<In>,
): Stage<In, Out>
export function pullStage<In, Out>(
  behavior: Behavior<In, Out, PullEventBody>,
  options: StageOptions<In> = {},
): Stage<In, Out> {
  return stage<In, Out, PullEventBody>(behavior, options)
}
