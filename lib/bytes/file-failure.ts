/** A refused file-system call under the store, as the error that says what to do about it. */
import { WindlassError, type ErrorCode } from '../errors.js'

const meanings: Readonly<Record<string, readonly [ErrorCode, hint: string]>> = {
  ENOSPC: ['STORE_FULL', 'Free some space and try again: what is already here is kept.'],
  EDQUOT: ['STORE_FULL', 'The quota is used up: free some space and try again.'],
  EROFS: ['STORE_READ_ONLY', 'Choose a store that can be written to.'],
  EACCES: ['STORE_DENIED', 'Choose a store that this user may write to.'],
  EPERM: ['STORE_DENIED', 'Choose a store that this user may write to.'],
}

/** @param doing what was tried, as a clause: `writing a download` */
export function fileFailure(error: unknown, doing: string, path: string): WindlassError {
  if (error instanceof WindlassError) return error
  const cause = error instanceof Error ? error : new Error(String(error))
  const code = 'code' in cause ? String(cause.code) : ''
  const [meaning, hint] = (Object.hasOwn(meanings, code) ? meanings[code] : undefined) ?? [
    'STORE_IO',
    undefined,
  ]
  return new WindlassError(meaning, `${doing} failed at ${path}: ${cause.message}`, {
    cause,
    path,
    ...(hint === undefined ? {} : { hint }),
  })
}
