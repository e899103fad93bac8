/** Shares the content of a file with another one until one of them is written to (ioctl_ficlone(2)): btrfs, XFS. */
import { requireFunction } from './libc.js'

/** `FICLONE` (linux/fs.h). */
const ficlone = 0x40049409

/**
 * Makes the content of the open file `target` that of the open file `source`.
 * @throws SystemError EOPNOTSUPP, EXDEV, EINVAL or ENOTTY when the file systems cannot do that
 */
export function cloneContent(source: number, target: number): void {
  requireFunction('int ioctl(int fd, unsigned long request, int argument)').call(target, ficlone, source)
}
