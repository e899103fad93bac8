/**
 * Extended attributes of a file, link or device; symbolic links are not followed (xattr(7)). Names are latin1 strings
 * with one character per byte; values are bytes.
 */
import { requireFunction } from './libc.js'
import { nameArgument, pathArgument } from './native/c-string.js'
import { SystemError } from './system-error.js'

/** Shared result buffer: a value and a list of names have at most 64 KiB each (`XATTR_SIZE_MAX`, `XATTR_LIST_MAX`). */
const resultBuffer = Buffer.alloc(65_536)

/**
 * Sets the attribute `name`, replacing an existing value. @throws SystemError when refused, for example EPERM, ENOTSUP
 */
export function setXattr(path: Buffer, name: string, value: Buffer): void {
  const set = requireLinuxFunction(
    'int lsetxattr(const void *path, const void *name, const void *value, size_t size, int flags)',
  )
  set.call(pathArgument(path, set.name), nameArgument(name, set.name), value, value.length, 0)
}

/** Returns the value of the attribute `name`. @throws SystemError ENODATA when there is no such attribute */
export function getXattr(path: Buffer, name: string): Buffer {
  const get = requireLinuxFunction(
    'int64_t lgetxattr(const void *path, const void *name, void *value, size_t size)',
  )
  const size = get.call(
    pathArgument(path, get.name),
    nameArgument(name, get.name),
    resultBuffer,
    resultBuffer.length,
  )
  return Buffer.from(resultBuffer.subarray(0, size))
}

/**
 * Returns the names of all attributes visible to this process, in the order of the file system.
 * @throws SystemError when the file system refuses, for example ENOTSUP
 */
export function listXattrs(path: Buffer): string[] {
  const list = requireLinuxFunction('int64_t llistxattr(const void *path, void *list, size_t size)')
  const size = list.call(pathArgument(path, list.name), resultBuffer, resultBuffer.length)
  return resultBuffer.toString('latin1', 0, size).split('\0').slice(0, -1)
}

/** Removes the attribute `name`. @throws SystemError ENODATA when there is no such attribute */
export function removeXattr(path: Buffer, name: string): void {
  const remove = requireLinuxFunction('int lremovexattr(const void *path, const void *name)')
  remove.call(pathArgument(path, remove.name), nameArgument(name, remove.name))
}

/** Returns a function of the C library on Linux. Other systems have different functions and attribute names. */
function requireLinuxFunction(declaration: string): ReturnType<typeof requireFunction> {
  if (process.platform !== 'linux') throw SystemError.of('ENOSYS', 'xattr')
  return requireFunction(declaration)
}
