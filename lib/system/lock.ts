/**
 * Advisory locks on open files (flock(2)). A lock belongs to the open file, not to the process: two descriptors opened
 * separately in one process exclude each other. The kernel releases a lock when its last descriptor is closed, also if
 * the process is killed.
 */
import { requireFunction } from './libc.js'
import { SystemError } from './system-error.js'

/** Operations of flock(2) (sys/file.h): LOCK_SH, LOCK_EX, LOCK_NB, LOCK_UN. */
const lockShared = 1
const lockExclusive = 2
const lockNonBlocking = 4
const lockRelease = 8

const declaration = 'int flock(int fd, int operation)'

/** Options of `lockFile`. */
export interface LockOptions {
  /** Whether the lock excludes all others. If false, it is shared. */
  readonly exclusive: boolean
  /** Always false: waiting would block the thread. Present so that calls show that they do not wait. */
  readonly wait: false
}

/**
 * Takes the lock, or changes a lock that is held from shared to exclusive or back. Returns false if another open file
 * holds a conflicting lock.
 * @throws SystemError when flock(2) fails for another reason; ENOSYS when it cannot be called
 */
export function lockFile(fd: number, options: LockOptions): boolean {
  try {
    requireFunction(declaration).call(fd, (options.exclusive ? lockExclusive : lockShared) | lockNonBlocking)
    return true
  } catch (error) {
    if (error instanceof SystemError && error.code === 'EAGAIN') return false
    throw error
  }
}

/** Releases the lock. @throws SystemError when flock(2) fails */
export function unlockFile(fd: number): void {
  requireFunction(declaration).call(fd, lockRelease)
}
