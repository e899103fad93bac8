/** The embedded registry and its faults, for tests and the demo. */
export { problem, type Answer, type BreakOff, type WirePart } from './answer.js'
export type { Auth, BasicAuth, TokenAuth } from './auth.js'
export { testCertificate, type CertificateOptions, type TestCertificate } from './certificate.js'
export { faults, type Fault, type FaultMoment } from './fault.js'
export type {
  CataloguedFault,
  FaultBudget,
  FaultScene,
  FaultOutcome,
  FaultSetting,
  CataloguedMoment,
} from './scene/catalogued.js'
export { faultCatalogue } from './faults/index.js'
export { startFaultScene } from './scene/scene.js'
export type { RequestKind, RequestLogEntry } from './request-log.js'
export { startRegistry, type Hook, type RegistryOptions, type TestRegistry } from './start.js'
