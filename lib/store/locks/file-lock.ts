/**
 * An exclusive lock between processes, on a file made for it. The kernel lets go of it when its holder
 * dies, so no lock is ever stale and no clock is asked. Where the C library cannot be called, it holds
 * between the stores of this process only.
 */
import { constants } from 'node:fs'
import { dirname } from 'node:path'
import { open, rename, type SyncFile, statIfThere, unlink } from '../../system/files.js'
import { lockFile, locksAvailable, unlockFile } from '../../system/index.js'
import { syncDirectory } from '../files/durable.js'
import { isNotWritable, unlessMissing } from '../files/store-error.js'

/** Paths that are locked in this process, where there is nothing better. */
const held = new Set<string>()

export class FileLock {
  readonly #handle: SyncFile
  readonly #path: string

  private constructor(handle: SyncFile, path: string) {
    this.#handle = handle
    this.#path = path
  }

  /**
   * Takes the lock at `path`, making the file where it is missing; undefined where another holds it. With `asItIs`, one
   * that may only be read is taken as well: it cannot be signed.
   * Throws what the file system throws, such as ENOENT where the directory is gone.
   */
  static async take(path: string, { asItIs = false } = {}): Promise<FileLock | undefined> {
    for (;;) {
      const handle = await openLock(path, asItIs)
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

  /** How many bytes the file has. */
  async size(): Promise<number> {
    return (await this.#handle.stat()).size
  }

  /** Gives the file `bytes` to hold, so that the disk keeps room for as many. */
  async fill(bytes: Buffer): Promise<void> {
    await this.#handle.overwrite(bytes)
  }

  /**
   * Puts `text` in the place of the file `path`, of the same file system, in one step: with the file of the lock, which is
   * there already and has room, so that a full disk does not stand in the way. Whoever waits for the lock makes another
   * file: this is the last that is done under it.
   */
  async become(path: string, text: string): Promise<void> {
    await this.#handle.overwrite(Buffer.from(text))
    await this.#handle.sync()
    await rename(this.#path, path)
    await syncDirectory(dirname(path))
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

async function openLock(path: string, asItIs: boolean): Promise<SyncFile> {
  try {
    return await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
  } catch (error) {
    if (!asItIs || !isNotWritable(error)) throw error
    const there = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined)
    if (!there) throw error // what is in the way of writing says more
    return there
  }
}

function take(handle: SyncFile, path: string): boolean {
  if (locksAvailable()) return lockFile(handle.fd, { exclusive: true, wait: false })
  if (held.has(path)) return false
  held.add(path)
  return true
}

async function isStill(handle: SyncFile, path: string): Promise<boolean> {
  const [ours, there] = await Promise.all([handle.stat(), statIfThere(path)])
  return ours.ino === there?.ino && ours.dev === there.dev
}
