/** All extended attributes of a path itself: none where the platform or the file system has no such thing. */
import { available, getXattr, listXattrs, SystemError } from '../../system/index.js'

const none: ReadonlyMap<string, string> = new Map()

/** Names to values, both as latin1. Throws SystemError for anything but "not supported here". */
export function readXattrs(path: Buffer): ReadonlyMap<string, string> {
  if (!available()) return none
  try {
    const names = listXattrs(path)
    if (names.length === 0) return none
    return new Map(names.sort().map((name) => [name, getXattr(path, name).toString('latin1')]))
  } catch (error) {
    if (error instanceof SystemError && error.code === 'ENOTSUP') return none
    throw error
  }
}
