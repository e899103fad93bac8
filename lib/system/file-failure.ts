/** A refused call to the file system, as the error that says what to do about it. */
import { WindlassError } from '../errors.js'
import { diskMeaning } from './disk-meaning.js'

/**
 * STORE_FULL, STORE_DENIED, STORE_READ_ONLY or STORE_IO; an error of ours stays as it is.
 * @param doing what was tried, as a clause: `Writing a download`
 */
export function fileFailure(error: unknown, doing: string, path: string): WindlassError {
  if (error instanceof WindlassError) return error
  const meaning = diskMeaning(error, path)
  const says = meaning?.says ?? (error instanceof Error ? error.message : String(error))
  return new WindlassError(meaning?.code ?? 'STORE_IO', `${doing} failed at ${path}: ${says}`, {
    cause: error,
    path,
    ...(meaning && { hint: meaning.hint }),
  })
}
