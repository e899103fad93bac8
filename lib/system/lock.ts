/**
 * Advisory locks on open files (flock(2)). A lock belongs to the open file, not to the process: two descriptors opened
 * separately in one process exclude each other. The kernel releases a lock when its last descriptor is closed, also if
 * the process is killed.
 */
import { requireFunction } from './libc.js'
import { SystemError } from './system-error.js'

const shared = 1
const exclusive = 2
const noWait = 4
const unlock = 8

const declaration = 'int flock(int fd, int operation)'

/** Options of `lockFile`. */
export interface LockOptions {
  /** Whether the lock excludes all others; otherwise it is shared. */
  readonly exclusive: boolean
  /** Always false: the call blocks its thread, so it must not wait. Callers state it for readability. */
  readonly wait: false
}

/**
 * Takes the lock or changes its kind. Returns false if another open file holds a conflicting lock.
 * @throws SystemError when flock(2) fails for another reason; ENOSYS when it cannot be called
 */
export function lockFile(fd: number, options: LockOptions): boolean {
  try {
    requireFunction(declaration).call(fd, (options.exclusive ? exclusive : shared) | noWait)
    return true
  } catch (error) {
    if (error instanceof SystemError && error.code === 'EAGAIN') return false
    throw error
  }
}

/** Releases the lock. @throws SystemError when flock(2) fails */
export function unlockFile(fd: number): void {
  requireFunction(declaration).call(fd, unlock)
}
