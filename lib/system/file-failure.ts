/** Turns an error of a file system call into a WindlassError with a hint. */
import { WindlassError } from '../errors.js'
import { diskMeaning, type DiskPlace } from './disk-meaning.js'

/**
 * Returns `error` as STORE_FULL, STORE_DENIED, STORE_READ_ONLY or STORE_IO. A WindlassError is returned unchanged.
 * @param operation the start of the message: `Writing a download`
 * @param path the path that was accessed
 * @param place what the path belongs to
 */
export function fileFailure(
  error: unknown,
  operation: string,
  path: string,
  place: DiskPlace = 'store',
): WindlassError {
  if (error instanceof WindlassError) return error
  const meaning = diskMeaning(error, path, place)
  const says = meaning?.says ?? (error instanceof Error ? error.message : String(error))
  return new WindlassError(meaning?.code ?? 'STORE_IO', `${operation} failed at ${path}: ${says}`, {
    cause: error,
    path,
    ...(meaning && { hint: meaning.hint }),
  })
}
