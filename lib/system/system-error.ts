/** The error of a failed call of the C library. It has the shape of Node's file system errors, but contains no path. */
import { constants } from 'node:os'

/** Names of the error numbers on this platform. If two names share a number, this is the one that Node uses. */
const names = new Map<number, string>()
for (const [name, number] of Object.entries(constants.errno)) {
  if (name !== 'EWOULDBLOCK' && name !== 'EOPNOTSUPP') names.set(number, name)
}

/** A failed call of the C library. */
export class SystemError extends Error {
  override readonly name = 'SystemError'
  /** The name of the error, for example `EPERM` or `ENODATA`. */
  readonly code: string
  /** The negative error number, as in Node's errors. */
  readonly errno: number
  /** The name of the C function. */
  readonly syscall: string

  /** @param errno the error number of the C library, positive */
  constructor(errno: number, syscall: string) {
    const code = names.get(errno) ?? `E${errno}`
    super(`${code}: ${syscall} failed`)
    this.code = code
    this.errno = -errno
    this.syscall = syscall
  }

  /** Creates the error named `code` with its number on this platform. */
  static of(code: 'EINVAL' | 'ENAMETOOLONG' | 'EPERM' | 'ENOSYS' | 'ERANGE', syscall: string): SystemError {
    return new SystemError(constants.errno[code], syscall)
  }
}
