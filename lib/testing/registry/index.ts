/** The embedded registry: what tests and the demo use of it. */
export { problem, type Answer, type BreakOff } from './answer.js'
export type { Auth, BasicAuth, TokenAuth } from './auth.js'
export { faults, type Fault, type FaultMoment } from './fault.js'
export type { RequestKind, RequestLogEntry } from './request-log.js'
export { startRegistry, type Hook, type RegistryOptions, type TestRegistry } from './start.js'
