/** Flushes a whole file system to its disk with one call, instead of one fsync per file (syncfs(2), Linux). */
import { requireFunction } from './libc.js'

const declaration = 'int syncfs(int fd)'

/**
 * Flushes the file system that contains `fd` and waits until it is written. Since Linux 5.8, this also reports write
 * errors that occurred after `fd` was opened; open `fd` before writing the files.
 * @throws SystemError when writing fails, for example EIO; ENOSYS when the system has no syncfs
 */
export function syncFileSystem(fd: number): void {
  requireFunction(declaration).call(fd)
}

/** Like `syncFileSystem`, but on a thread of the pool. */
export async function syncFileSystemAsync(fd: number): Promise<void> {
  await requireFunction(declaration).callAsync(fd)
}
