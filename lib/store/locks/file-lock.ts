/**
 * An exclusive lock between processes, on a file of its own. The kernel releases it when its holder exits, so a lock is
 * never stale. If the C library cannot be called, the lock applies only within this process.
 */
import { constants } from 'node:fs'
import { dirname } from 'node:path'
import { open, rename, type SyncFile, statIfThere, unlink } from '../../system/files.js'
import { lockFile, locksAvailable, unlockFile } from '../../system/index.js'
import { syncDirectory } from '../files/durable.js'
import { isNotWritable, ignoreMissing } from '../files/store-error.js'

/** Locked paths of this process, for platforms without `flock`. */
const held = new Set<string>()

/** A lock that is held. */
export class FileLock {
  readonly #handle: SyncFile
  readonly #path: string

  private constructor(handle: SyncFile, path: string) {
    this.#handle = handle
    this.#path = path
  }

  /**
   * Takes the lock at `path`. Returns undefined if another holds it. The file is created if it does not exist, unless
   * `create` is false. With `asItIs`, a file that is not writable is locked as well; it cannot be signed.
   * @throws the errors of `node:fs`, for example ENOENT when the directory does not exist
   */
  static async take(path: string, { asItIs = false, create = true } = {}): Promise<FileLock | undefined> {
    for (;;) {
      const handle = await openLock(path, { asItIs, create })
      let lock: FileLock | undefined
      try {
        if (!take(handle, path)) return undefined
        // Its last holder may have removed the file between open and lock.
        if (!(await isCurrent(handle, path))) {
          held.delete(path)
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

  /** Replaces the content of the lock file with `bytes`, so that the disk space stays allocated. */
  async fill(bytes: Buffer): Promise<void> {
    await this.#handle.overwrite(bytes)
  }

  /**
   * Atomically replaces the file `path`, on the same file system, with `text`. Writes to the lock file, whose space is
   * already allocated, and renames it to `path`, so that it works on a full disk. Waiting processes then lock a new
   * file, so nothing else may be done under this lock.
   */
  async become(path: string, text: string): Promise<void> {
    await this.#handle.overwrite(Buffer.from(text))
    await this.#handle.sync()
    await rename(this.#path, path)
    await syncDirectory(dirname(path))
  }

  /** Releases the lock and keeps the file open for `retake`. */
  pause(): void {
    if (locksAvailable()) unlockFile(this.#handle.fd)
    else held.delete(this.#path)
  }

  /**
   * Takes the lock again after `pause`. Returns `held` if another holds it, and `gone` if the file at the path is
   * another one; the caller must then release this lock and take a new one.
   */
  async retake(): Promise<'taken' | 'held' | 'gone'> {
    if (!take(this.#handle, this.#path)) return 'held'
    if (await isCurrent(this.#handle, this.#path)) return 'taken'
    this.pause()
    return 'gone'
  }

  /** Releases the lock and closes the file. Removes the file with `remove`. */
  async release({ remove = false } = {}): Promise<void> {
    try {
      if (remove) await ignoreMissing(unlink(this.#path))
    } finally {
      held.delete(this.#path)
      await this.#handle.close()
    }
  }
}

async function openLock(
  path: string,
  { asItIs, create }: { readonly asItIs: boolean; readonly create: boolean },
): Promise<SyncFile> {
  try {
    if (!create) return await open(path, constants.O_RDWR | constants.O_NOFOLLOW)
    return await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
  } catch (error) {
    if (!asItIs || !isNotWritable(error)) throw error
    const there = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined)
    if (!there) throw error // the error of the first attempt is more informative
    return there
  }
}

function take(handle: SyncFile, path: string): boolean {
  if (locksAvailable()) return lockFile(handle.fd, { exclusive: true, wait: false })
  if (held.has(path)) return false
  held.add(path)
  return true
}

async function isCurrent(handle: SyncFile, path: string): Promise<boolean> {
  const [ours, there] = await Promise.all([handle.stat(), statIfThere(path)])
  return ours.ino === there?.ino && ours.dev === there.dev
}
