/**
 * Extended attributes of a file, link or device itself: the last component is never followed (xattr(7)).
 * Names are bytes in latin1 strings, values are bytes.
 */
import { need } from './libc.js'
import { nameArgument, pathArgument } from './c-string.js'
import { SystemError } from './system-error.js'

/** What Linux holds in one value and in one list of names: 64 KiB each (`XATTR_SIZE_MAX`, `XATTR_LIST_MAX`). */
const answer = Buffer.alloc(65_536)

/** Sets attribute `name`, replacing what is there. @throws SystemError, such as EPERM or ENOTSUP */
export function setXattr(path: Buffer, name: string, value: Buffer): void {
  const set = onLinux(
    'int lsetxattr(const void *path, const void *name, const void *value, size_t size, int flags)',
  )
  set.call(pathArgument(path, set.name), nameArgument(name, set.name), value, value.length, 0)
}

/** The value of attribute `name`. @throws SystemError ENODATA where there is none */
export function getXattr(path: Buffer, name: string): Buffer {
  const get = onLinux('int64_t lgetxattr(const void *path, const void *name, void *value, size_t size)')
  const size = get.call(pathArgument(path, get.name), nameArgument(name, get.name), answer, answer.length)
  return Buffer.from(answer.subarray(0, size))
}

/** The names of all attributes that this process may see, in the order of the file system. */
export function listXattrs(path: Buffer): string[] {
  const list = onLinux('int64_t llistxattr(const void *path, void *list, size_t size)')
  const size = list.call(pathArgument(path, list.name), answer, answer.length)
  return answer.toString('latin1', 0, size).split('\0').slice(0, -1)
}

/** Removes attribute `name`. @throws SystemError ENODATA where there is none */
export function removeXattr(path: Buffer, name: string): void {
  const remove = onLinux('int lremovexattr(const void *path, const void *name)')
  remove.call(pathArgument(path, remove.name), nameArgument(name, remove.name))
}

/** Other systems have attributes under other names, with other arguments. */
function onLinux(declaration: string): ReturnType<typeof need> {
  if (process.platform !== 'linux') throw SystemError.of('ENOSYS', 'xattr')
  return need(declaration)
}
