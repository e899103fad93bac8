/**
 * An exclusive lock between processes, on a file made for it. The kernel lets go of it when its holder
 * dies, so no lock is ever stale and no clock is asked. Where the C library cannot be called, it holds
 * between the stores of this process only.
 */
import { constants } from 'node:fs'
import { open, type SmallFile, statIfThere, unlink } from '../system/files.js'
import { lockFile, locksAvailable, unlockFile } from '../system/index.js'
import { unlessMissing } from './store-error.js'

/** Paths that are locked in this process, where there is nothing better. */
const held = new Set<string>()

export class FileLock {
  readonly #handle: SmallFile
  readonly #path: string

  private constructor(handle: SmallFile, path: string) {
    this.#handle = handle
    this.#path = path
  }

  /**
   * Takes the lock at `path`, making the file where it is missing; undefined where another holds it.
   * Throws what the file system throws, such as ENOENT where the directory is gone.
   */
  static async take(path: string): Promise<FileLock | undefined> {
    for (;;) {
      const handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
      let lock: FileLock | undefined
      try {
        if (!take(handle, path)) return undefined
        // Its last holder may have removed the file between our opening and our locking it.
        if (!(await isStill(handle, path))) {
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

  /** Leaves word of the holder, for those who wait. */
  async sign(text: string): Promise<void> {
    await this.#handle.rewrite(text)
  }

  /** Lets go, with the file kept open for `retake`. */
  pause(): void {
    if (locksAvailable()) unlockFile(this.#handle.fd)
    else held.delete(this.#path)
  }

  /**
   * Takes it again after `pause`: `held` by another, or `gone` where the file is no longer the one at its path. Then it is
   * to be released, and another taken.
   */
  async retake(): Promise<'taken' | 'held' | 'gone'> {
    if (!take(this.#handle, this.#path)) return 'held'
    if (await isStill(this.#handle, this.#path)) return 'taken'
    this.pause()
    return 'gone'
  }

  /** Lets go. The file stays for the next one, unless `remove`. */
  async release({ remove = false } = {}): Promise<void> {
    try {
      if (remove) await unlessMissing(unlink(this.#path))
    } finally {
      held.delete(this.#path)
      await this.#handle.close()
    }
  }
}

function take(handle: SmallFile, path: string): boolean {
  if (locksAvailable()) return lockFile(handle.fd, { exclusive: true, wait: false })
  if (held.has(path)) return false
  held.add(path)
  return true
}

async function isStill(handle: SmallFile, path: string): Promise<boolean> {
  const [ours, there] = await Promise.all([handle.stat(), statIfThere(path)])
  return ours.ino === there?.ino && ours.dev === there.dev
}
