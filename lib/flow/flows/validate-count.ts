/** Provides `validateCount`, which checks slot counts and capacities. An invalid value would cause a hang. */
import { ProtocolError } from './protocol-error.js'

/**
 * Returns `value` if it is a whole number of at least `min`.
 * @param what what `value` is: `slots`, `capacity`
 * @throws ProtocolError otherwise
 */
export function validateCount(stage: string, what: string, value: number, min: 0 | 1): number {
  if (Number.isSafeInteger(value) && value >= min) return value
  throw new ProtocolError(stage, `${what} must be a whole number of at least ${min}, not ${value}`)
}
