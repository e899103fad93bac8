/**
 * What went wrong on the disk, as an error of ours: what was being done, to which path, and what helps.
 */
import { type ErrorCode, WindlassError } from '../errors.js'

interface Meaning {
  readonly code: ErrorCode
  readonly says: string
  readonly hint: string
}

const full: Meaning = {
  code: 'STORE_FULL',
  says: 'no space left',
  hint: 'Free some space, or name a store on another disk with --store. What was committed before is intact.',
}
const quota: Meaning = { ...full, says: 'the disk quota is used up' }
const denied: Meaning = {
  code: 'STORE_DENIED',
  says: 'permission denied',
  hint: 'Use a store that belongs to this user (--store), or run as its owner.',
}
const readOnly: Meaning = {
  code: 'STORE_READ_ONLY',
  says: 'the file system is read-only',
  hint: 'Name a store on a file system that can be written to with --store.',
}
const files: Meaning = {
  code: 'STORE_IO',
  says: 'too many open files',
  hint: 'Raise the limit (ulimit -n), or do less at once (--max-downloads).',
}
const broken: Meaning = {
  code: 'STORE_IO',
  says: 'the disk reports an error',
  hint: 'See what the system log says of this disk.',
}

const meanings = new Map<string, Meaning>([
  ['ENOSPC', full],
  ['EDQUOT', quota],
  ['EACCES', denied],
  ['EPERM', denied],
  ['EROFS', readOnly],
  ['EMFILE', files],
  ['ENFILE', files],
  ['EIO', broken],
])

/** The name of a system error, such as `ENOENT`; undefined for anything else. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** `error`, met while `doing` to `path`: STORE_FULL, STORE_DENIED, STORE_READ_ONLY or STORE_IO; one of ours stays as it is. */
export function storeError(error: unknown, doing: string, path: string): WindlassError {
  if (error instanceof WindlassError) return error
  const code = codeOf(error)
  const known = meanings.get(code ?? '')
  const says = known
    ? `${known.says}${renamed(error)}`
    : error instanceof Error
      ? error.message
      : String(error)
  return new WindlassError(known?.code ?? 'STORE_IO', `Failed to ${doing} at ${path}: ${says}`, {
    path,
    cause: error,
    ...(known && { hint: known.hint }),
  })
}

/** Both paths of a rename that failed (S0-54, S0-68). */
function renamed(error: unknown): string {
  if (!(error instanceof Error) || !('path' in error) || !('dest' in error)) return ''
  return ` (renaming ${String(error.path)} to ${String(error.dest)})`
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
