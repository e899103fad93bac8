/** Provides `limit`, which validates slot counts and capacities. An invalid value would otherwise cause a hang. */
import { ProtocolError } from './protocol-error.js'

/**
 * Returns `value` if it is a whole number of at least `min`.
 * @throws ProtocolError naming `stage` and `what` otherwise
 */
export function limit(stage: string, what: string, value: number, min: 0 | 1): number {
  if (Number.isSafeInteger(value) && value >= min) return value
  throw new ProtocolError(stage, `${what} must be a whole number of at least ${min}, not ${value}`)
}
