/** The WindlassError that `work` throws; anything else it does fails the test. */
import { WindlassError } from '../../../lib/errors.js'

export function failure(work: () => unknown): WindlassError {
  try {
    work()
  } catch (error) {
    if (error instanceof WindlassError) return error
    throw new Error('expected a WindlassError', { cause: error })
  }
  throw new Error('expected a failure')
}

/** Runs `work`, which may fail only with a WindlassError. */
export function tolerant<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof WindlassError) return undefined
    throw error
  }
}
