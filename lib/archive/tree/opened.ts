/** Reads what its owner may not read as it stands, as a layer may have it: open for the moment, then as it was. */
import { chmodSync } from 'node:fs'
import { errnoOf } from '../../system/errno.js'
import { obeysModes } from '../../system/index.js'

/**
 * What `read` answers of `path`, of which `mode` is the present mode. Where that is refused, it is tried with the bits
 * `needed` as well.
 * @throws what the file system says; EACCES where the mode cannot be changed, as on a read-only file system
 */
export function opened<T>(path: Buffer, mode: number, needed: number, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (errnoOf(error) !== 'EACCES' || !open(path, mode, needed)) throw error
  }
  try {
    return read()
  } finally {
    chmodSync(path, mode)
  }
}

/** Adds `needed` to `mode`, the present one, where that keeps this process out. False where there was nothing to add. */
export function open(path: Buffer, mode: number, needed: number): boolean {
  if ((mode & needed) === needed || !obeysModes()) return false
  try {
    chmodSync(path, mode | needed)
    return true
  } catch (error) {
    if (!['EPERM', 'EROFS', 'EACCES'].includes(errnoOf(error) ?? '')) throw error
    return false
  }
}
