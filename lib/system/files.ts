/**
 * File system calls on directory entries and small files, executed synchronously in the calling thread. Such a call
 * takes microseconds; a round trip to libuv's thread pool takes about ten times as long when the processors are busy,
 * and storing a layer needs about a hundred calls. Calls that wait for the disk use the pool.
 *
 * Every function returns a promise and rejects with the errors of `node:fs`.
 */
/* eslint-disable @typescript-eslint/require-await -- `async` turns a thrown error into a rejection */
import * as fs from 'node:fs'
import type { PathLike, Stats } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { promisify } from 'node:util'
import { isInMemory } from './mount/in-memory.js'

const fsync = promisify(fs.fsync)
const fdatasync = promisify(fs.fdatasync)
const read = promisify(fs.read)
const writev = promisify(fs.writev)

interface NewFileOwner {
  readonly directory: string
  readonly owner: { readonly uid: number; readonly gid: number }
}

/** Registered owners of new files, each with the directory in or below which the files are created. */
const newFileOwners: NewFileOwner[] = []

/** Makes `owner` the owner of everything that this module creates at or below `directory`. Requires root. */
export function setOwnerOfNewFiles(directory: string, owner: NewFileOwner['owner']): void {
  if (!newFileOwners.some((each) => each.directory === directory)) newFileOwners.push({ directory, owner })
}

function ownerOfNew(path: PathLike): NewFileOwner['owner'] | undefined {
  if (newFileOwners.length === 0) return undefined
  const text = path.toString()
  return newFileOwners.find(({ directory }) => text === directory || text.startsWith(`${directory}/`))?.owner
}

/** Opens a file. With `mode`, the call may create the file, which then gets the owner registered for its directory. */
function openOwned(path: PathLike, flags: string | number, mode: number | undefined): number {
  const fd = fs.openSync(path, flags, mode)
  const owner = mode === undefined ? undefined : ownerOfNew(path)
  if (owner) fs.fchownSync(fd, owner.uid, owner.gid)
  return fd
}

/** Like `fs.lstat`. */
export async function lstat(path: PathLike): Promise<Stats> {
  return fs.lstatSync(path)
}

/** Like `lstat`, but returns undefined if the path does not exist or a parent is not a directory. */
export async function lstatIfExists(path: PathLike): Promise<Stats | undefined> {
  return unlessMissing(() => fs.lstatSync(path, { throwIfNoEntry: false }))
}

/** Like `lstatIfExists`, but follows a symbolic link. */
export async function statIfExists(path: PathLike): Promise<Stats | undefined> {
  return unlessMissing(() => fs.statSync(path, { throwIfNoEntry: false }))
}

function unlessMissing<T>(look: () => T | undefined): T | undefined {
  try {
    return look()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return undefined
    throw error
  }
}

/** Creates a directory, not recursively, and gives it the owner registered for its path. */
export async function mkdir(path: PathLike, mode: number): Promise<void> {
  fs.mkdirSync(path, mode)
  const owner = ownerOfNew(path)
  if (owner) fs.lchownSync(path, owner.uid, owner.gid)
}

/**
 * Returns those parents of `path` that do not exist, outermost first, followed by `path` itself, whether it exists or
 * not. A dangling symbolic link counts as existing.
 */
export async function missingDirectories(path: string): Promise<string[]> {
  const missing = [resolve(path)]
  for (let above = dirname(missing[0]!); !(await lstatIfExists(above)); above = dirname(above)) {
    if (above === dirname(above)) break
    missing.unshift(above)
  }
  return missing
}

/**
 * Creates a directory and its missing parents. Used instead of Node's recursive mkdir, which reports ENOENT for every
 * error of the disk. Succeeds if `path` is already a directory.
 */
export async function makeDirectories(path: string, mode: number): Promise<void> {
  for (const each of await missingDirectories(path))
    try {
      await mkdir(each, mode)
    } catch (error) {
      if (!(await statIfExists(each))?.isDirectory()) throw error
    }
}

/** Like `fs.rename`. */
export async function rename(from: PathLike, to: PathLike): Promise<void> {
  fs.renameSync(from, to)
}

/** Like `fs.unlink`. */
export async function unlink(path: PathLike): Promise<void> {
  fs.unlinkSync(path)
}

/** Like `fs.chmod`. */
export async function chmod(path: PathLike, mode: number): Promise<void> {
  fs.chmodSync(path, mode)
}

/** Sets both times of an entry, without following a link, to `time` in milliseconds since 1970. */
export async function setTimes(path: PathLike, time: number): Promise<void> {
  fs.lutimesSync(path, time / 1_000, time / 1_000)
}

/** Like `fs.truncate`. */
export async function truncate(path: PathLike, length: number): Promise<void> {
  fs.truncateSync(path, length)
}

/**
 * Appends `text` to the file at `path`.
 * @param mode the mode of the file if it is created
 */
export async function appendFile(path: PathLike, text: string, mode: number): Promise<void> {
  const fd = openOwned(path, 'a', mode)
  try {
    fs.writeSync(fd, text)
  } finally {
    fs.closeSync(fd)
  }
}

/**
 * Opens a small file or a directory.
 * @param flags as in `node:fs`, as a string or a number
 * @param mode the mode of the file if it is created
 */
export async function open(path: PathLike, flags: string | number, mode?: number): Promise<SyncFile> {
  return new SyncFile(openOwned(path, flags, mode))
}

/** Like `open`, for a large file: reads and writes run in the thread pool. */
export async function openLarge(path: PathLike, flags: string | number, mode?: number): Promise<PooledFile> {
  return new PooledFile(openOwned(path, flags, mode))
}

/** The operations common to all open files. After `close`, every operation fails with EBADF. */
class OpenFile {
  #fd: number
  /** Operations that run in the pool. */
  readonly #pending = new Set<Promise<unknown>>()
  #closed: Promise<void> | undefined

  /** @param fd the descriptor, owned by this object */
  constructor(fd: number) {
    this.#fd = fd
  }

  /** The descriptor. -1 after `close`, because the system may reuse the number for another file. */
  get fd(): number {
    return this.#fd
  }

  /** Like `FileHandle.stat`. */
  async stat(): Promise<Stats> {
    return fs.fstatSync(this.fd)
  }

  /** Like `FileHandle.truncate`. */
  async truncate(length: number): Promise<void> {
    fs.ftruncateSync(this.fd, length)
  }

  /** Flushes the content and the metadata to the disk (fsync(2)). */
  async sync(): Promise<void> {
    if (isInMemory(this.fd)) fs.fsyncSync(this.fd)
    else await this.inPool(() => fsync(this.fd))
  }

  /** Flushes the content and the metadata needed to read it to the disk (fdatasync(2)). */
  async datasync(): Promise<void> {
    if (isInMemory(this.fd)) fs.fdatasyncSync(this.fd)
    else await this.inPool(() => fdatasync(this.fd))
  }

  /** Closes the file after the pending operations. A second call has no effect. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  protected async inPool<T>(work: () => Promise<T>): Promise<T> {
    const started = work()
    this.#pending.add(started)
    try {
      return await started
    } finally {
      this.#pending.delete(started)
    }
  }

  async #close(): Promise<void> {
    const fd = this.#fd
    this.#fd = -1
    if (this.#pending.size > 0) await Promise.allSettled(this.#pending)
    fs.closeSync(fd)
  }
}

/** An open small file, or an open directory. */
export class SyncFile extends OpenFile {
  /** Like `FileHandle.chmod`. */
  async chmod(mode: number): Promise<void> {
    fs.fchmodSync(this.fd, mode)
  }

  /** Reads the rest of the file from the current position, as UTF-8. */
  async readText(): Promise<string> {
    return fs.readFileSync(this.fd, 'utf8')
  }

  /** Writes all of `content` at the current position. */
  async write(content: Buffer | string): Promise<void> {
    fs.writeFileSync(this.fd, content)
  }

  /**
   * Replaces the content with `bytes`. Overwrites in place, so that the call works on a full disk if the file is large
   * enough already.
   */
  async overwrite(bytes: Buffer): Promise<void> {
    for (let done = 0; done < bytes.length;)
      done += fs.writeSync(this.fd, bytes, done, bytes.length - done, done)
    fs.ftruncateSync(this.fd, bytes.length)
  }

  /** Replaces the content with `text`. Truncates the file first. */
  async rewrite(text: string): Promise<void> {
    fs.ftruncateSync(this.fd, 0)
    fs.writeSync(this.fd, text, 0)
  }
}

/** An open file that is read and written in a thread of the pool. */
export class PooledFile extends OpenFile {
  /** Reads into `buffer` from `position` on and returns the number of bytes read. */
  async read(buffer: Buffer, position: number): Promise<number> {
    return (await this.inPool(() => read(this.fd, buffer, 0, buffer.length, position))).bytesRead
  }

  /** Writes `chunks` at `position` and returns the number of bytes written, which may be less than their total. */
  async write(chunks: readonly Uint8Array[], position: number): Promise<number> {
    return (await this.inPool(() => writev(this.fd, chunks, position))).bytesWritten
  }

  /** Like `write`, in the calling thread: for a small file, whose bytes are copied faster than a thread is woken. */
  async writeHere(chunks: readonly Uint8Array[], position: number): Promise<number> {
    return fs.writevSync(this.fd, chunks, position)
  }
}
