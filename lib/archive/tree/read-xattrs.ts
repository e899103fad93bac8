/** Reads the extended attributes of a path without following a link. */
import { systemCallsAvailable, getXattr, listXattrs, SystemError } from '../../system/index.js'

const noXattrs: ReadonlyMap<string, string> = new Map()

/**
 * Returns names and values as latin1; empty if the platform or file system does not support them.
 * @throws SystemError when reading fails for another reason
 */
export function readXattrs(path: Buffer): ReadonlyMap<string, string> {
  if (!systemCallsAvailable()) return noXattrs
  try {
    const names = listXattrs(path)
    if (names.length === 0) return noXattrs
    return new Map(names.sort().map((name) => [name, getXattr(path, name).toString('latin1')]))
  } catch (error) {
    if (error instanceof SystemError && error.code === 'ENOTSUP') return noXattrs
    throw error
  }
}
