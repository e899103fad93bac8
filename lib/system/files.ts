/**
 * What a store does with names and small files, done in the calling thread: such a call takes some microseconds, a hop
 * to libuv's pool and back ten times that where the processors are busy, and a layer needs a hundred of them
 * (decision 11). What waits for a disk goes to the pool as elsewhere. Each answers with a promise and fails with the
 * errors of `node:fs`, so that who calls does not see which is which.
 */
/* eslint-disable @typescript-eslint/require-await -- `async` turns what a call throws into a rejection */
import * as fs from 'node:fs'
import type { PathLike, Stats } from 'node:fs'
import { promisify } from 'node:util'

const fsync = promisify(fs.fsync)
const fdatasync = promisify(fs.fdatasync)
const read = promisify(fs.read)
const writev = promisify(fs.writev)

interface NewFiles {
  readonly below: string
  readonly owner: { readonly uid: number; readonly gid: number }
}

/** Whom new files are given to, by where they are made. */
const given: NewFiles[] = []

/** From now on what is made at `directory` and below it through this module belongs to `owner`. Needs root. */
export function giveNewFiles(directory: string, owner: NewFiles['owner']): void {
  if (!given.some(({ below }) => below === directory)) given.push({ below: directory, owner })
}

function ownerOfNew(path: PathLike): NewFiles['owner'] | undefined {
  if (given.length === 0) return undefined
  const text = path.toString()
  return given.find(({ below }) => text === below || text.startsWith(`${below}/`))?.owner
}

/** Opens, and gives what may have been made by that to whom it belongs. */
function openOwned(path: PathLike, flags: string | number, mode: number | undefined): number {
  const fd = fs.openSync(path, flags, mode)
  const owner = mode === undefined ? undefined : ownerOfNew(path)
  if (owner) fs.fchownSync(fd, owner.uid, owner.gid)
  return fd
}

export async function lstat(path: PathLike): Promise<Stats> {
  return fs.lstatSync(path)
}

/** Undefined where there is none, which costs no error; nor is there one below what is no directory. */
export async function lstatIfThere(path: PathLike): Promise<Stats | undefined> {
  return ifThere(() => fs.lstatSync(path, { throwIfNoEntry: false }))
}

/** The same; a link is followed. */
export async function statIfThere(path: PathLike): Promise<Stats | undefined> {
  return ifThere(() => fs.statSync(path, { throwIfNoEntry: false }))
}

function ifThere<T>(look: () => T | undefined): T | undefined {
  try {
    return look()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return undefined
    throw error
  }
}

/** Not recursive. */
export async function mkdir(path: PathLike, mode: number): Promise<void> {
  fs.mkdirSync(path, mode)
  const owner = ownerOfNew(path)
  if (owner) fs.lchownSync(path, owner.uid, owner.gid)
}

export async function rename(from: PathLike, to: PathLike): Promise<void> {
  fs.renameSync(from, to)
}

export async function unlink(path: PathLike): Promise<void> {
  fs.unlinkSync(path)
}

export async function chmod(path: PathLike, mode: number): Promise<void> {
  fs.chmodSync(path, mode)
}

export async function truncate(path: PathLike, length: number): Promise<void> {
  fs.truncateSync(path, length)
}

/** @param mode of a file that is made */
export async function appendFile(path: PathLike, text: string, mode: number): Promise<void> {
  const fd = openOwned(path, 'a', mode)
  try {
    fs.writeSync(fd, text)
  } finally {
    fs.closeSync(fd)
  }
}

/** @param flags as those of `node:fs`, in words or numbers */
export async function open(path: PathLike, flags: string | number, mode?: number): Promise<SyncFile> {
  return new SyncFile(openOwned(path, flags, mode))
}

/** The same, for a file that many bytes go through. */
export async function openLarge(path: PathLike, flags: string | number, mode?: number): Promise<PooledFile> {
  return new PooledFile(openOwned(path, flags, mode))
}

/** What can be done with any open file. Once it is closed, everything else fails: its number may be another file's. */
class OpenFile {
  #fd: number
  /** In the pool. */
  readonly #underWay = new Set<Promise<unknown>>()
  #closed: Promise<void> | undefined

  /** @param fd is this one's to close */
  constructor(fd: number) {
    this.#fd = fd
  }

  /** -1 once it is closed, which no call takes. */
  get fd(): number {
    return this.#fd
  }

  async stat(): Promise<Stats> {
    return fs.fstatSync(this.fd)
  }

  async truncate(length: number): Promise<void> {
    fs.ftruncateSync(this.fd, length)
  }

  /** Waits until the disk has it. */
  async sync(): Promise<void> {
    await this.inPool(() => fsync(this.fd))
  }

  /** The same of what it takes to read it again: not its times. */
  async datasync(): Promise<void> {
    await this.inPool(() => fdatasync(this.fd))
  }

  /** When all that is under way is over. Twice is once. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  protected async inPool<T>(work: () => Promise<T>): Promise<T> {
    const started = work()
    this.#underWay.add(started)
    try {
      return await started
    } finally {
      this.#underWay.delete(started)
    }
  }

  async #close(): Promise<void> {
    const fd = this.#fd
    this.#fd = -1
    if (this.#underWay.size > 0) await Promise.allSettled(this.#underWay)
    fs.closeSync(fd)
  }
}

/** An open file of few bytes, or a directory. */
export class SyncFile extends OpenFile {
  async chmod(mode: number): Promise<void> {
    fs.fchmodSync(this.fd, mode)
  }

  /** All of it, from where the file stands. */
  async readText(): Promise<string> {
    return fs.readFileSync(this.fd, 'utf8')
  }

  /** All of `content`, from where the file stands. */
  async write(content: Buffer | string): Promise<void> {
    fs.writeFileSync(this.fd, content)
  }

  /** All of `bytes` in the place of all that it says, in the room that it has on the disk. */
  async overwrite(bytes: Buffer): Promise<void> {
    for (let done = 0; done < bytes.length;)
      done += fs.writeSync(this.fd, bytes, done, bytes.length - done, done)
    fs.ftruncateSync(this.fd, bytes.length)
  }

  /** A line in the place of all that it says. */
  async rewrite(line: string): Promise<void> {
    fs.ftruncateSync(this.fd, 0)
    fs.writeSync(this.fd, line, 0)
  }
}

/** An open file whose bytes are read and written in a thread of the pool. */
export class PooledFile extends OpenFile {
  /** Fills `buffer` from `position` on, and says how many bytes there were. */
  async read(buffer: Buffer, position: number): Promise<number> {
    return (await this.inPool(() => read(this.fd, buffer, 0, buffer.length, position))).bytesRead
  }

  /** Writes the first bytes of `chunks` at `position`, and says how many: not always all. */
  async write(chunks: readonly Uint8Array[], position: number): Promise<number> {
    return (await this.inPool(() => writev(this.fd, chunks, position))).bytesWritten
  }
}
