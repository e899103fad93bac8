/** The framework: flows that can be paced, stages between them, actors behind those, and the lifetimes they share. */
export { Actor, type ActorOptions } from './actor.js'
export { branch } from './branch.js'
export type { BufferOptions } from './buffered.js'
export { compose } from './compose.js'
export type { Demand } from './demand.js'
export type { SlotOptions } from './engine.js'
export { EventChannel, type FlowEvent, type FlowNotice } from './events.js'
export { expand } from './expand.js'
export { Flow, type Stage } from './flow.js'
export { keep } from './keep.js'
export { lift } from './lift.js'
export type { Order } from './order.js'
export { ProtocolError } from './protocol-error.js'
export { type Run, run } from './run.js'
export { type CloseOptions, Scope } from './scope.js'
export { scoped } from './scoped.js'
export { SingleFlight } from './single-flight.js'
export { type StageOptions, stage } from './stage.js'
export { StillRunningError } from './still-running.js'
export {
  type Failure,
  type RetryOptions,
  type Supervisor,
  type Verdict,
  firstMatch,
  retrying,
  skipping,
} from './supervision.js'
export { maxTimer } from './timer.js'
export { through } from './through.js'
export type { Behavior, Turn } from './turn.js'
