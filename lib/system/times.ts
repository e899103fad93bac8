/**
 * Sets access and modification times with nanosecond precision (utimensat(2)). `fs.utimes` is not exact
 * enough: it takes seconds as a double, which is exact to about 0.2 µs for current dates.
 */
import { requireFunction } from './libc.js'
import { pathArgument } from './native/c-string.js'

/** AT_FDCWD and AT_SYMLINK_NOFOLLOW (fcntl.h) on Linux, macOS and FreeBSD. */
const atCurrentDirectory = process.platform === 'linux' ? -100 : -2
const atSymlinkNoFollow = process.platform === 'linux' ? 0x100 : process.platform === 'darwin' ? 0x20 : 0x200

/** Two `struct timespec`, reused by every call. */
const times = new BigInt64Array(4)

/**
 * Sets the times of `path`, without following a symbolic link. Times are in nanoseconds since 1970; earlier times are
 * negative. Times outside the range of 64-bit seconds are clamped, and the file system may clamp further.
 * @throws SystemError when the call fails, for example ENOENT or EPERM; ENOSYS when the C library or the function is
 *   not available
 */
export function setTimes(path: Buffer, atimeNs: bigint, mtimeNs: bigint): void {
  const set = requireFunction('int utimensat(int directory, const void *path, const void *times, int flags)')
  set.call(atCurrentDirectory, pathArgument(path, set.name), timespecs(atimeNs, mtimeNs), atSymlinkNoFollow)
}

/** Like `setTimes`, for an open file. */
export function setFdTimes(fd: number, atimeNs: bigint, mtimeNs: bigint): void {
  requireFunction('int futimens(int fd, const void *times)').call(fd, timespecs(atimeNs, mtimeNs))
}

function timespecs(atimeNs: bigint, mtimeNs: bigint): BigInt64Array {
  writeTimespec(0, atimeNs)
  writeTimespec(2, mtimeNs)
  return times
}

const second = 1_000_000_000n
const lastSecond = 2n ** 63n - 1n
const firstSecond = -(2n ** 63n)

function writeTimespec(at: number, ns: bigint): void {
  // The nanoseconds of a timespec are never negative, also before 1970, so the seconds are rounded down.
  const rest = ((ns % second) + second) % second
  const seconds = (ns - rest) / second
  const inRange = seconds <= lastSecond && seconds >= firstSecond
  times[at] = inRange ? seconds : seconds > 0n ? lastSecond : firstSecond
  times[at + 1] = inRange ? rest : 0n
}
