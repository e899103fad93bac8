/**
 * The calls of the C library that Node does not have, each synchronous and usable in worker threads.
 * Where `available()` is false any of them may throw ENOSYS: ask first, and do without.
 */
import { libc } from './libc.js'

/** Whether the whole of this folder works here: 64-bit Linux, with glibc or musl. */
export const available = (): boolean => process.platform === 'linux' && libc() !== undefined

/** Whether `lockFile` works here: also on macOS and FreeBSD. */
export const locksAvailable = (): boolean => libc() !== undefined

export { type Gunzip, openGunzip } from './gunzip.js'
export { openUnzstd, type Unzstd } from './unzstd.js'
export { getXattr, listXattrs, removeXattr, setXattr } from './xattr.js'
export { lockFile, type LockOptions, unlockFile } from './lock.js'
export { makeNode } from './node.js'
export { setFdTimes, setTimes } from './times.js'
export { syncFileSystem, syncFileSystemAsync } from './sync.js'
export { SystemError } from './system-error.js'
