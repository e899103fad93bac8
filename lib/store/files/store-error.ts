/** Converts errors of the file system to errors of the store, with the operation, the path and a hint. */
import { type DiskMeaning, diskMeaning } from '../../system/disk-meaning.js'
import { errnoOf } from '../../system/errno.js'
import { WindlassError } from '../../errors.js'
import { recoveryHints } from './recovery-hints.js'

export { errnoOf }

/**
 * Converts an error of an operation on `path` to STORE_FULL, STORE_DENIED, STORE_READ_ONLY, STORE_CORRUPT or STORE_IO.
 * A WindlassError is returned unchanged.
 * @param operation an infinitive for the message: `read a blob`
 */
export function storeError(error: unknown, operation: string, path: string): WindlassError {
  if (error instanceof WindlassError) return error
  const meaning = diskMeaning(error, path) ?? unexpectedEntryMeaning(error, path)
  const says = meaning
    ? `${meaning.says}${otherPathsSuffix(error, path)}`
    : error instanceof Error
      ? error.message
      : String(error)
  return new WindlassError(meaning?.code ?? 'STORE_IO', `Failed to ${operation} at ${path}: ${says}`, {
    path,
    cause: error,
    ...(meaning && { hint: meaning.hint }),
  })
}

const unexpectedEntryClauses: Readonly<Record<string, string>> = {
  EISDIR: 'there is a directory at this path',
  ENOTDIR: 'it is not a directory',
  ELOOP: 'there is a symbolic link at this path',
  EEXIST: 'there is something else at this path',
  ENOTEMPTY: 'something was created there in the meantime',
}

/** Returns the meaning of an error caused by an unexpected entry at the path. */
function unexpectedEntryMeaning(error: unknown, path: string): DiskMeaning | undefined {
  const says = unexpectedEntryClauses[errnoOf(error) ?? '']
  if (says === undefined) return undefined
  const at = error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : path
  return { code: 'STORE_CORRUPT', says, hint: recoveryHints.moveAway(at) }
}

/** Returns a suffix with the paths in `error` that differ from `path`; empty if there are none. A rename has two. */
function otherPathsSuffix(error: unknown, path: string): string {
  if (!(error instanceof Error) || !('path' in error)) return ''
  if ('dest' in error) return ` (renaming ${String(error.path)} to ${String(error.dest)})`
  return error.path === path ? '' : ` (at ${String(error.path)})`
}

/** Runs `work` and converts its errors with `storeError`. */
export async function withStoreErrors<T>(doing: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw storeError(error, doing, path)
  }
}

/** Returns the result of `work`, or undefined if it fails because a file or directory does not exist. */
export async function ignoreMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}

/**
 * Reports whether `error` means that the store cannot be written to: it is read-only, access is denied or the disk is
 * full.
 */
export function isNotWritableError(error: unknown): boolean {
  if (error instanceof WindlassError)
    return ['STORE_READ_ONLY', 'STORE_DENIED', 'STORE_FULL'].includes(error.code)
  return ['EROFS', 'EACCES', 'EPERM', 'ENOSPC', 'EDQUOT'].includes(errnoOf(error) ?? '')
}

/** Reports whether `error` means that the disk is full or the quota exhausted. */
export function isDiskFull(error: unknown): boolean {
  if (error instanceof WindlassError) return error.code === 'STORE_FULL'
  return ['ENOSPC', 'EDQUOT'].includes(errnoOf(error) ?? '')
}
