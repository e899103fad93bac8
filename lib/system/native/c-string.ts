/**
 * Encodes paths and names as NUL-terminated strings for the C library. Each thread has one buffer per kind and reuses
 * it, because every call of the C library returns before the next one starts.
 */
import { SystemError } from '../system-error.js'

/** `PATH_MAX` and `XATTR_NAME_MAX` of Linux (linux/limits.h), with room for the NUL. */
const pathBuffer = Buffer.alloc(4096)
const nameBuffer = Buffer.alloc(256)

/**
 * Copies `path` into the shared buffer and terminates it with NUL. The result is valid until the next call.
 * @throws SystemError EINVAL when `path` is empty or contains NUL; ENAMETOOLONG when it exceeds 4095 bytes
 */
export function pathArgument(path: Buffer, syscall: string): Buffer {
  if (path.length === 0 || path.includes(0)) throw SystemError.of('EINVAL', syscall)
  if (path.length >= pathBuffer.length) throw SystemError.of('ENAMETOOLONG', syscall)
  path.copy(pathBuffer)
  pathBuffer[path.length] = 0
  return pathBuffer
}

/**
 * Copies `name`, a latin1 string, into the shared buffer and terminates it with NUL.
 * @throws SystemError EINVAL when `name` is empty, contains NUL or is not latin1; ERANGE when it exceeds 255 bytes
 */
export function nameArgument(name: string, syscall: string): Buffer {
  // eslint-disable-next-line no-control-regex -- the pattern excludes NUL
  if (!/^[\u0001-\u00ff]+$/.test(name)) throw SystemError.of('EINVAL', syscall)
  if (name.length >= nameBuffer.length) throw SystemError.of('ERANGE', syscall)
  nameBuffer.write(name, 'latin1')
  nameBuffer[name.length] = 0
  return nameBuffer
}
