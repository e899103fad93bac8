/**
 * The test kit: an embedded registry with faults, image builders, probes and laws for stages, tree and leak checks.
 *
 * @module windlass/testing
 */
export * from './images/index.js'
export { type Law, type LawOptions, stageLaws } from './laws.js'
export { assertNothingLeft, waitForRelease, type NothingLeftOptions } from './nothing-left.js'
export * from './probes.js'
export * from './registry/index.js'
export * from './tree/index.js'
