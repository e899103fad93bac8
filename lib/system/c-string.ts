/**
 * Paths and names as the C library takes them: bytes that end with NUL. They are written into one buffer a
 * thread that is used again for each call, because every call here is over before the next one begins.
 */
import { SystemError } from './system-error.js'

/** `PATH_MAX` and `XATTR_NAME_MAX` of Linux, with room for the NUL. */
const pathBuffer = Buffer.alloc(4096)
const nameBuffer = Buffer.alloc(256)

/** `path` with its NUL. @throws SystemError EINVAL where it is empty or holds NUL, ENAMETOOLONG over 4095 bytes */
export function pathArgument(path: Buffer, syscall: string): Buffer {
  if (path.length === 0 || path.includes(0)) throw SystemError.of('EINVAL', syscall)
  if (path.length >= pathBuffer.length) throw SystemError.of('ENAMETOOLONG', syscall)
  path.copy(pathBuffer)
  pathBuffer[path.length] = 0
  return pathBuffer
}

/** `name`, a latin1 string, with its NUL. @throws SystemError EINVAL where it is empty, holds NUL or no latin1; ERANGE over 255 bytes */
export function nameArgument(name: string, syscall: string): Buffer {
  // eslint-disable-next-line no-control-regex -- NUL is what must not be in it
  if (!/^[\u0001-\u00ff]+$/.test(name)) throw SystemError.of('EINVAL', syscall)
  if (name.length >= nameBuffer.length) throw SystemError.of('ERANGE', syscall)
  nameBuffer.write(name, 'latin1')
  nameBuffer[name.length] = 0
  return nameBuffer
}
