/** Mounts and unmounts file systems (mount(2), umount2(2)). Requires CAP_SYS_ADMIN in the user namespace of the process. */
import { pathArgument } from '../native/c-string.js'
import { requireFunction } from '../libc.js'
import { SystemError } from '../system-error.js'

/** `MS_RDONLY` (sys/mount.h). */
const readOnlyFlag = 1
/** `UMOUNT_NOFOLLOW` (sys/mount.h). */
const noFollow = 8

/** A file system to mount. */
export interface MountRequest {
  /** What /proc/self/mountinfo shows as the source. */
  readonly source: string
  readonly target: string
  /** For example `overlay`. */
  readonly type: string
  readonly readOnly: boolean
  /** Options of the file system: `lowerdir=a:b`. Less than 4096 bytes. */
  readonly options: string
}

/** Mounts a file system. @throws SystemError when mount(2) fails, for example EPERM, ENODEV, EINVAL */
export function mountFileSystem({ source, target, type, readOnly, options }: MountRequest): void {
  const mount = requireFunction(
    'int mount(const void *source, const void *target, const void *type, unsigned long flags, const void *data)',
  )
  const [from, to, kind, data] = [source, target, type, options].map((text) => cString(text, mount.name))
  mount.call(from!, to!, kind!, readOnly ? readOnlyFlag : 0, data!)
}

/** Returns a buffer of its own, because the call has several strings. */
function cString(text: string, call: string): Buffer {
  if (text.includes('\0')) throw SystemError.of('EINVAL', call)
  return Buffer.from(`${text}\0`)
}

/** Unmounts what is mounted at `target`. @throws SystemError EBUSY when it is in use; EPERM; EINVAL without a mount */
export function unmount(target: string): void {
  const umount = requireFunction('int umount2(const void *target, int flags)')
  umount.call(pathArgument(Buffer.from(target), umount.name), noFollow)
}
