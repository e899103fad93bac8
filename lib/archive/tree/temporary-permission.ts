/** Reads files and directories that their owner may not read, by changing their mode temporarily. */
import { chmodSync } from 'node:fs'
import { errnoOf } from '../../system/errno.js'
import { isBoundByModes } from '../../system/index.js'

/**
 * Returns the result of `read`. If it fails with EACCES, adds the bits `needed` to the mode of `path` and tries again.
 * @param mode the current mode, which is restored
 * @throws the errors of `read`; EACCES when the mode cannot be changed, for example on a read-only file system
 */
export function withPermission<T>(path: Buffer, mode: number, needed: number, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (errnoOf(error) !== 'EACCES' || !addPermission(path, mode, needed)) throw error
  }
  try {
    return read()
  } finally {
    chmodSync(path, mode)
  }
}

/**
 * Adds the bits `needed` to the mode of `path` if this process has no access without them. Returns whether the mode was
 * changed.
 * @param mode the current mode
 */
export function addPermission(path: Buffer, mode: number, needed: number): boolean {
  if ((mode & needed) === needed || !isBoundByModes()) return false
  try {
    chmodSync(path, mode | needed)
    return true
  } catch (error) {
    if (!['EPERM', 'EROFS', 'EACCES'].includes(errnoOf(error) ?? '')) throw error
    return false
  }
}
