/**
 * The flow framework: flows (streams whose reader requests the elements), stages that transform them, actors that do
 * the work in slots, and scopes that own the work and its cleanups.
 *
 * @module windlass/flow
 */
export { Actor, type ActorOptions, type AskOptions } from './actors/actor.js'
export { branch } from './stages/branch.js'
export type { BufferOptions } from './flows/with-buffer.js'
export { type Control, WorkControl } from './control/control.js'
export { pausable, pausableReplies } from './control/pausable.js'
export { SharedControl } from './control/shared-control.js'
export { compose } from './flows/compose.js'
export type { Demand } from './flows/demand.js'
export type { SlotOptions } from './stages/stage-with-slots.js'
export { SideChannel, type FlowEvent, type FlowNotice } from './lifetime/side-channel.js'
export { expand } from './stages/expand.js'
export { Flow, type Stage } from './flows/flow.js'
export { keep } from './flows/keep.js'
export { lift } from './flows/lift.js'
export type { Priority } from './actors/letter.js'
export type { Order } from './flows/order.js'
export { ProtocolError } from './flows/protocol-error.js'
export { type Run, run } from './stages/run.js'
export { type CloseOptions, Scope } from './lifetime/scope.js'
export { scoped } from './stages/scoped.js'
export { SlotCount } from './stages/slot-count.js'
export { SingleFlight } from './actors/single-flight.js'
export { type Primitive, type StageOptions, stage } from './stages/stage.js'
export { StillRunningError } from './lifetime/still-running.js'
export {
  type Failure,
  type RetryOptions,
  type Supervisor,
  type Verdict,
  firstMatch,
  retrying,
  skipping,
} from './actors/supervision.js'
export { maxTimer } from './lifetime/timer.js'
export { through } from './stages/through.js'
export type { Behavior, Turn } from './actors/turn.js'
export { untilAborted } from './lifetime/abort.js'
export { Deferred, type DeferredOptions } from './flows/deferred.js'
export { identity } from './flows/identity.js'
export { toArray } from './flows/to-array.js'
