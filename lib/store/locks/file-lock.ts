/**
 * An exclusive lock between processes: a flock(2) lock on a separate lock file. The kernel releases the lock when its
 * holder exits, so a lock is never stale. If the C library cannot be called, the lock excludes only callers in this
 * process.
 */
import { constants } from 'node:fs'
import { dirname } from 'node:path'
import { open, rename, type SyncFile, statIfExists, unlink } from '../../system/files.js'
import { lockFile, locksAvailable, unlockFile } from '../../system/index.js'
import { syncDirectory } from '../files/durable.js'
import { isNotWritableError, ignoreMissing } from '../files/store-error.js'

/** Paths that this process has locked. Used only if flock(2) cannot be called. */
const heldPaths = new Set<string>()

/** A lock that is held. */
export class FileLock {
  readonly #handle: SyncFile
  readonly #path: string

  private constructor(handle: SyncFile, path: string) {
    this.#handle = handle
    this.#path = path
  }

  /**
   * Takes the lock at `path` without waiting. Returns undefined if another process or caller holds it. Creates the
   * file if it does not exist, unless `create` is false. With `allowReadOnly`, also locks a file that is not writable;
   * `write` then fails.
   * @throws the errors of `node:fs`, for example ENOENT when the directory does not exist
   */
  static async take(
    path: string,
    { allowReadOnly = false, create = true } = {},
  ): Promise<FileLock | undefined> {
    for (;;) {
      const handle = await openLock(path, { allowReadOnly, create })
      let lock: FileLock | undefined
      try {
        if (!tryLock(handle, path)) return undefined
        // The last holder may have removed the file between `openLock` and `tryLock`. Then try again with a new file.
        if (!(await isCurrent(handle, path))) {
          heldPaths.delete(path)
          continue
        }
        lock = new FileLock(handle, path)
        return lock
      } finally {
        if (!lock) await handle.close()
      }
    }
  }

  /** Replaces the content of the lock file with `text`, which identifies the holder to waiting processes. */
  async write(text: string): Promise<void> {
    await this.#handle.rewrite(text)
  }

  /** Returns the size of the lock file in bytes. */
  async size(): Promise<number> {
    return (await this.#handle.stat()).size
  }

  /** Replaces the content of the lock file with `bytes`, to reserve disk space: see `growReserve`. */
  async overwrite(bytes: Buffer): Promise<void> {
    await this.#handle.overwrite(bytes)
  }

  /**
   * Atomically replaces the file `path`, on the same file system, with `text`. Writes `text` to the lock file and
   * renames that to `path`. This works on a full disk, because the space of the lock file is already allocated.
   * Afterwards, the caller must not change anything else: other processes create and lock a new file.
   */
  async writeAndRename(path: string, text: string): Promise<void> {
    await this.#handle.overwrite(Buffer.from(text))
    await this.#handle.sync()
    await rename(this.#path, path)
    await syncDirectory(dirname(path))
  }

  /** Releases the lock and keeps the file open for `retake`. */
  pause(): void {
    if (locksAvailable()) unlockFile(this.#handle.fd)
    else heldPaths.delete(this.#path)
  }

  /**
   * Takes the lock again after `pause`. Returns `held` if another process or caller holds it, and `gone` if another
   * file has replaced this one at the path; the caller must then release this lock and take a new one.
   */
  async retake(): Promise<'taken' | 'held' | 'gone'> {
    if (!tryLock(this.#handle, this.#path)) return 'held'
    if (await isCurrent(this.#handle, this.#path)) return 'taken'
    this.pause()
    return 'gone'
  }

  /** Releases the lock and closes the file. Removes the file with `remove`. */
  async release({ remove = false } = {}): Promise<void> {
    try {
      if (remove) await ignoreMissing(unlink(this.#path))
    } finally {
      heldPaths.delete(this.#path)
      await this.#handle.close()
    }
  }
}

async function openLock(
  path: string,
  { allowReadOnly, create }: { readonly allowReadOnly: boolean; readonly create: boolean },
): Promise<SyncFile> {
  try {
    if (!create) return await open(path, constants.O_RDWR | constants.O_NOFOLLOW)
    return await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
  } catch (error) {
    if (!allowReadOnly || !isNotWritableError(error)) throw error
    const readOnly = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined)
    if (!readOnly) throw error // the error of the first attempt is more informative
    return readOnly
  }
}

function tryLock(handle: SyncFile, path: string): boolean {
  if (locksAvailable()) return lockFile(handle.fd, { exclusive: true, wait: false })
  if (heldPaths.has(path)) return false
  heldPaths.add(path)
  return true
}

/** Reports whether the open file is still the one at `path`. */
async function isCurrent(handle: SyncFile, path: string): Promise<boolean> {
  const [ours, current] = await Promise.all([handle.stat(), statIfExists(path)])
  return ours.ino === current?.ino && ours.dev === current.dev
}
