/**
 * Everything that a file system still holds in memory, written to its disk: one call for a whole tree
 * instead of one fsync a file (syncfs(2), Linux).
 */
import { need } from './libc.js'

const declaration = 'int syncfs(int fd)'

/**
 * Writes out the file system that `fd` is on, and waits for it. Since Linux 5.8 it also tells of write errors that
 * happened since `fd` was opened: open it before writing what shall be safe.
 * @throws SystemError, such as EIO; ENOSYS where the system has no such call
 */
export function syncFileSystem(fd: number): void {
  need(declaration).call(fd)
}

/** The same on a thread of the pool, so that the calling thread goes on meanwhile. */
export async function syncFileSystemAsync(fd: number): Promise<void> {
  await need(declaration).callAsync(fd)
}
