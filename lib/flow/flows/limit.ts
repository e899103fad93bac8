/** Checks the numbers that bound things: slots, capacities. A wrong one would show as a hang much later. */
import { ProtocolError } from './protocol-error.js'

/**
 * `value`, if it is a whole number of at least `least`.
 * @throws ProtocolError naming `stage` and `what` otherwise
 */
export function limit(stage: string, what: string, value: number, least: 0 | 1): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new ProtocolError(stage, `${what} must be a whole number of at least ${least}, not ${value}`)
}
