/**
 * Advisory locks on open files (flock(2)). They belong to the open file, not the process, so two openings in
 * one process exclude each other too; the kernel lets go of them when the last descriptor closes, however
 * the process ends.
 */
import { need } from './libc.js'
import { SystemError } from './system-error.js'

const shared = 1
const exclusive = 2
const noWait = 4
const unlock = 8

const declaration = 'int flock(int fd, int operation)'

export interface LockOptions {
  /** Alone, or together with others who share. */
  readonly exclusive: boolean
  /** This call blocks its thread, so it never waits; said here so that it is read where it is called. */
  readonly wait: false
}

/** Takes the lock, or changes the kind that is held; false where another holds it. @throws SystemError */
export function lockFile(fd: number, options: LockOptions): boolean {
  try {
    need(declaration).call(fd, (options.exclusive ? exclusive : shared) | noWait)
    return true
  } catch (error) {
    if (error instanceof SystemError && error.code === 'EAGAIN') return false
    throw error
  }
}

/** Lets go of the lock. @throws SystemError */
export function unlockFile(fd: number): void {
  need(declaration).call(fd, unlock)
}
