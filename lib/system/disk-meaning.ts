/**
 * Translates errors of file system calls into an error code, a clause and a hint. The store, downloads and unpacking
 * all take their wording from this file.
 */
import type { ErrorCode } from '../errors.js'
import { closedToOwner } from './closed-to-owner.js'
import { errnoOf } from './errno.js'
import { shellWord } from '../codec/shell-word.js'

/** What an error of the file system means to the user. */
export interface DiskMeaning {
  readonly code: ErrorCode
  /** A clause, for example `no space left`. */
  readonly says: string
  readonly hint: string
}

const full: DiskMeaning = {
  code: 'STORE_FULL',
  says: 'no space left',
  hint: 'Free some space (see df -h, and df -i for inodes), or name a store on another disk with --store. Images that are already in the store are intact.',
}
const quota: DiskMeaning = {
  code: 'STORE_FULL',
  says: 'the disk quota is used up',
  hint: 'Free some space or have the quota raised, or name a store on another disk with --store. Images that are already in the store are intact.',
}
const denied: DiskMeaning = {
  code: 'STORE_DENIED',
  says: 'permission denied',
  hint: 'Use a store that belongs to this user (--store), or run as its owner.',
}
const readOnly: DiskMeaning = {
  code: 'STORE_READ_ONLY',
  says: 'the file system is read-only',
  hint: 'Name a store on a file system that can be written to with --store.',
}
const files: DiskMeaning = {
  code: 'STORE_IO',
  says: 'too many open files',
  hint: 'Raise the limit (ulimit -n), or do less at once (--max-downloads).',
}
const tooLarge: DiskMeaning = {
  code: 'STORE_IO',
  says: 'the file would be larger than the process or the file system allows',
  hint: 'Raise the limit of file sizes (ulimit -f), or name a store on a file system that takes larger files with --store.',
}
const broken: DiskMeaning = {
  code: 'STORE_IO',
  says: 'the disk reports an error',
  hint: 'Check the system log for errors of this disk.',
}
const elsewhere: DiskMeaning = {
  code: 'STORE_IO',
  says: 'it cannot be moved to another file system',
  hint: 'Keep the whole store on one file system, or name another store with --store.',
}

const meanings: Readonly<Record<string, DiskMeaning>> = {
  ENOSPC: full,
  EDQUOT: quota,
  EACCES: denied,
  EPERM: denied,
  EROFS: readOnly,
  EMFILE: files,
  ENFILE: files,
  EFBIG: tooLarge,
  EIO: broken,
  EXDEV: elsewhere,
}

/**
 * Returns the meaning of `error` if the process or the system has reached its limit of open files, otherwise undefined.
 * Opening a connection can fail with these errors as well.
 */
export function fileLimitMeaning(error: unknown): DiskMeaning | undefined {
  const meaning = diskMeaning(error)
  return meaning === files ? meaning : undefined
}

/**
 * Returns the meaning of an error of the file system, or undefined for other errors such as `ENOENT`.
 * @param path the path that was accessed; used if the error does not contain one
 */
export function diskMeaning(error: unknown, path?: string): DiskMeaning | undefined {
  const errno = errnoOf(error) ?? ''
  const meaning = Object.hasOwn(meanings, errno) ? meanings[errno] : undefined
  const at = error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : path
  const closed = errno === 'EACCES' && at !== undefined ? closedToOwner(at) : undefined
  // The owner can open the file with chmod and needs neither another store nor another user.
  return meaning && closed !== undefined
    ? { ...meaning, hint: `Give its owner access with “chmod u+rwX ${shellWord(closed)}”.` }
    : meaning
}
