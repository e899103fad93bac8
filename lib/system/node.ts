/** Creates device nodes, FIFOs and sockets in the file system (mknod(2)), which Node cannot do. */
import { libc, requireFunction } from './libc.js'
import { pathArgument } from './native/c-string.js'
import { SystemError } from './system-error.js'

/** Maximum major and minor device numbers in the kernel: 12 and 20 bits. */
const majorLimit = 0xfff
const minorLimit = 0xfffff

/**
 * Creates a node at `path`. `mode` contains the type (`S_IFCHR`, `S_IFBLK`, `S_IFIFO` …) and the permissions, to which
 * the umask applies. Does not replace an existing entry.
 * @throws SystemError EEXIST when `path` exists; EPERM when the process may not create the node; EINVAL for a device
 * number that Linux would truncate
 */
export function makeNode(path: Buffer, mode: number, major: number, minor: number): void {
  if (!isWithin(major, majorLimit) || !isWithin(minor, minorLimit) || process.platform !== 'linux')
    throw SystemError.of('EINVAL', 'mknod')
  const device = deviceNumber(major, minor)
  const mknod = libc()?.find('int mknod(const void *path, unsigned int mode, uint64_t device)')
  if (mknod !== undefined) {
    mknod.call(pathArgument(path, 'mknod'), mode, device)
    return
  }
  // glibc before 2.33 exports mknod only as __xmknod. Version 0 is valid on all 64-bit Linux platforms.
  const old = requireFunction(
    'int __xmknod(int version, const void *path, unsigned int mode, uint64_t *device)',
  )
  old.call(0, pathArgument(path, 'mknod'), mode, new BigInt64Array([device]))
}

/** Equivalent to `makedev` of glibc and musl (sys/sysmacros.h). */
function deviceNumber(major: number, minor: number): bigint {
  const high = BigInt(major)
  const low = BigInt(minor)
  return (
    ((high & 0xfffff000n) << 32n) | ((high & 0xfffn) << 8n) | ((low & 0xffffff00n) << 12n) | (low & 0xffn)
  )
}

const isWithin = (value: number, limit: number): boolean =>
  Number.isInteger(value) && value >= 0 && value <= limit
