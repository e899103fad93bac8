/**
 * Device nodes, fifos and sockets as file-system entries (mknod(2)), which Node itself cannot make.
 */
import { libc, need } from './libc.js'
import { pathArgument } from './c-string.js'
import { SystemError } from './system-error.js'

/** What the kernel holds of a device number: 12 and 20 bits. */
const majorLimit = 0xfff
const minorLimit = 0xfffff

/**
 * Makes the entry that `mode` says: type bits (`S_IFCHR`, `S_IFBLK`, `S_IFIFO` …) and permissions, from which the
 * umask is taken. An entry that is there is left as it is.
 * @throws SystemError EEXIST, EPERM; EINVAL for a device number that Linux would truncate
 */
export function makeNode(path: Buffer, mode: number, major: number, minor: number): void {
  if (!within(major, majorLimit) || !within(minor, minorLimit) || process.platform !== 'linux')
    throw SystemError.of('EINVAL', 'mknod')
  const device = deviceNumber(major, minor)
  const mknod = libc()?.find('int mknod(const void *path, unsigned int mode, uint64_t device)')
  if (mknod !== undefined) {
    mknod.call(pathArgument(path, 'mknod'), mode, device)
    return
  }
  // glibc before 2.33 has mknod under this name only; version 0 is the one of all 64-bit Linux.
  const old = need('int __xmknod(int version, const void *path, unsigned int mode, uint64_t *device)')
  old.call(0, pathArgument(path, 'mknod'), mode, new BigInt64Array([device]))
}

/** `makedev` of glibc and musl (sys/sysmacros.h). */
function deviceNumber(major: number, minor: number): bigint {
  const high = BigInt(major)
  const low = BigInt(minor)
  return (
    ((high & 0xfffff000n) << 32n) | ((high & 0xfffn) << 8n) | ((low & 0xffffff00n) << 12n) | (low & 0xffn)
  )
}

const within = (value: number, limit: number): boolean =>
  Number.isInteger(value) && value >= 0 && value <= limit
