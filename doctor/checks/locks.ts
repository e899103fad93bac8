/** Checks whether the store can be locked, and who locks it now. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { closeSync, constants, openSync, rmSync } from 'node:fs'
import { lockFile, locksAvailable } from '../../lib/system/index.js'
import type { Check } from '../examination.js'
import { findingsOf } from '../finding.js'
import { temporaryDirectory } from './overlay.js'

const finding = findingsOf('locks')

/** Checks whether the store can be locked. */
export const checkLocks: Check = ({ store }) => {
  if (!locksAvailable())
    return [
      finding(
        'note',
        'Files cannot be locked, because the C library cannot be called.',
        'Use the store with one process at a time, or install the package koffi.',
      ),
    ]
  const lock = join(store, 'lock')
  if (existsSync(lock)) {
    const isFree = canLock(lock, constants.O_RDONLY)
    if (!isFree)
      return [
        finding(
          'note',
          'Another process holds the lock of the store at this moment.',
          `Nothing is to be done unless it never releases it; “fuser ${lock}” names it.`,
        ),
      ]
    return [finding('ok', 'The store can be locked.')]
  }
  const directory = temporaryDirectory(store)
  try {
    canLock(join(directory, 'lock'), constants.O_RDWR | constants.O_CREAT)
    return [finding('ok', 'The file system of the store has locks.')]
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return [
      finding(
        'problem',
        `The file system of the store has no locks: ${reason}.`,
        'Name a store on a local file system with --store.',
      ),
    ]
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Takes and releases a lock. Returns false if another process has it. @throws SystemError, errors of `node:fs` */
function canLock(file: string, flags: number): boolean {
  const fd = openSync(file, flags | constants.O_NOFOLLOW, 0o600)
  try {
    return lockFile(fd, { exclusive: true, wait: false })
  } finally {
    closeSync(fd)
  }
}
