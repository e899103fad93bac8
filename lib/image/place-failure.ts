/** Tells failures of a place that content was fetched from apart from failures that every place would have. */
import { WindlassError } from '../errors.js'

/** Code of the `warning` about a mirror that failed. */
export const mirrorFailed = 'mirror-failed'

/** Returns whether an error only says that a place does not have something: not if a proxy says that it has failed. */
export const isAbsence = ({ code, exitCode, faultySide }: WindlassError): boolean =>
  faultySide !== 'proxy' && (code === 'BLOB_UNKNOWN' || exitCode === 4)

/** Returns whether the place itself failed: it has what was requested or should have passed it on. */
export const isFailureOfPlace = (error: WindlassError): boolean =>
  error.faultySide !== 'upstream' && !isAbsence(error)

/** Returns whether an error says that bytes do not match their digest or size. */
export const isMismatch = (error: unknown): error is WindlassError =>
  error instanceof WindlassError && (error.code === 'DIGEST_MISMATCH' || error.code === 'SIZE_MISMATCH')

/**
 * Returns whether another place may succeed after this error: no access, a missing blob, wrong bytes, the network, or a
 * redirect.
 */
export const concernsPlace = (error: unknown): error is WindlassError =>
  error instanceof WindlassError &&
  (error.exitCode === 3 ||
    error.exitCode === 4 ||
    error.exitCode === 6 ||
    error.code === 'LIMIT_EXCEEDED' ||
    isMismatch(error))
