import { WindlassError } from '../../lib/errors.js'

/** The error that `work` fails with. */
export async function failure(work: Promise<unknown>): Promise<WindlassError> {
  const error: unknown = await work.then(
    () => undefined,
    (e: unknown) => e,
  )
  if (error instanceof WindlassError) return error
  throw new Error('It did not fail as it should', { cause: error })
}
