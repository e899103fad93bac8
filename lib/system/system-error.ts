/**
 * What a refused call of the C library throws: shaped like Node's own file-system errors, so that one
 * piece of code can tell `EPERM` from `ENOTSUP` whoever made the call. Holds no path: the caller knows it.
 */
import { constants } from 'node:os'

/** Names by number on this platform. Where two names share a number, the one that Node uses. */
const names = new Map<number, string>()
for (const [name, number] of Object.entries(constants.errno)) {
  if (name !== 'EWOULDBLOCK' && name !== 'EOPNOTSUPP') names.set(number, name)
}

export class SystemError extends Error {
  override readonly name = 'SystemError'
  /** The name of the error, such as `EPERM` or `ENODATA`. */
  readonly code: string
  /** Negative, as in Node's own errors. */
  readonly errno: number
  readonly syscall: string

  /** @param errno as the C library counts: positive. */
  constructor(errno: number, syscall: string) {
    const code = names.get(errno) ?? `E${errno}`
    super(`${code}: ${syscall} failed`)
    this.code = code
    this.errno = -errno
    this.syscall = syscall
  }

  /** The error named `code` on this platform. */
  static of(code: 'EINVAL' | 'ENAMETOOLONG' | 'EPERM' | 'ENOSYS' | 'ERANGE', syscall: string): SystemError {
    return new SystemError(constants.errno[code], syscall)
  }
}
