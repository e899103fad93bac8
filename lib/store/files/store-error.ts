/**
 * What went wrong on the disk, as an error of ours: what was being done, to which path, and what helps.
 */
import { type DiskMeaning, diskMeaning } from '../../system/disk-meaning.js'
import { errnoOf } from '../../system/errno.js'
import { WindlassError } from '../../errors.js'
import { waysOut } from './ways-out.js'

/** The name of a system error, such as `ENOENT`; undefined for anything else. */
export const codeOf = errnoOf

/** `error`, met while `doing` to `path`: STORE_FULL, STORE_DENIED, STORE_READ_ONLY or STORE_IO; one of ours stays as it is. */
export function storeError(error: unknown, doing: string, path: string): WindlassError {
  if (error instanceof WindlassError) return error
  const known = diskMeaning(error, path) ?? inTheWay(error, path)
  const says = known
    ? `${known.says}${exactly(error, path)}`
    : error instanceof Error
      ? error.message
      : String(error)
  return new WindlassError(known?.code ?? 'STORE_IO', `Failed to ${doing} at ${path}: ${says}`, {
    path,
    cause: error,
    ...(known && { hint: known.hint }),
  })
}

const wordsOf: Readonly<Record<string, string>> = {
  EISDIR: 'a directory stands there',
  ENOTDIR: 'what stands there is no directory',
  ELOOP: 'a symbolic link stands there',
  EEXIST: 'something else stands there',
  ENOTEMPTY: 'something was put there meanwhile',
}

/** Something else stands where the store has a file or a directory. */
function inTheWay(error: unknown, path: string): DiskMeaning | undefined {
  const says = wordsOf[codeOf(error) ?? '']
  if (says === undefined) return undefined
  const at = error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : path
  return { code: 'STORE_CORRUPT', says, hint: waysOut.moveAway(at) }
}

/** Where it was met, if not at `path`; both paths of a rename that failed. */
function exactly(error: unknown, path: string): string {
  if (!(error instanceof Error) || !('path' in error)) return ''
  if ('dest' in error) return ` (renaming ${String(error.path)} to ${String(error.dest)})`
  return error.path === path ? '' : ` (at ${String(error.path)})`
}

/** What `work` answers, its errors told as errors of the store. */
export async function storing<T>(doing: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw storeError(error, doing, path)
  }
}

/** What `work` answers, or undefined where the file that it needs is not there. */
export async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}

/** Whether `error`, of the system or of ours, says that nothing may be written here, or nothing more. */
export function isNotWritable(error: unknown): boolean {
  if (error instanceof WindlassError)
    return ['STORE_READ_ONLY', 'STORE_DENIED', 'STORE_FULL'].includes(error.code)
  return ['EROFS', 'EACCES', 'EPERM', 'ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '')
}

/** Whether `error`, of the system or of ours, says that the disk or the quota is used up. */
export function isFull(error: unknown): boolean {
  if (error instanceof WindlassError) return error.code === 'STORE_FULL'
  return ['ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '')
}
