/**
 * Functions of C libraries that Node does not provide. They work in worker threads, and are synchronous unless the name
 * ends in `Async` or they return a promise. If `systemCallsAvailable()` is false, each call may throw ENOSYS.
 */
export { systemCallsAvailable, locksAvailable } from './available.js'
export { type Gunzip, openGunzip } from './gunzip.js'
export { openUnzstd, type Unzstd } from './zstd/unzstd.js'
export { openZstdEncoder, openZstdEncoders, type ZstdEncoder } from './zstd/zstd-encoder.js'
export { getXattr, listXattrs, removeXattr, setXattr } from './xattr.js'
export { lockFile, type LockOptions, unlockFile } from './lock.js'
export { makeNode } from './node.js'
export { mountFileSystem, type MountRequest, unmount } from './mount/mount.js'
export {
  isMountNamespaceInUse,
  type MountEntry,
  ownMountNamespace,
  readMountTable,
} from './mount/mount-table.js'
export { cloneContent } from './reflink.js'
export { resetInheritedAttributes } from './inherited-attributes.js'
export {
  whyCannotChown,
  type Capability,
  hasCapability,
  isInUserNamespace,
  firstMissingCapability,
  isBoundByModes,
} from './privileges.js'
export { setFdTimes, setTimes } from './times.js'
export { syncFileSystem, syncFileSystemAsync } from './sync.js'
export { SystemError } from './system-error.js'
export { errnoOf } from './errno.js'
export { fileFailure } from './file-failure.js'
