/**
 * Stores the V8 code cache of a bundle between runs. With it, V8 does not parse the bundle and compiles little of it,
 * which is most of the time that a command needs to start. A code cache is executable code, so a file is used only if
 * it belongs to this user and no other user could have written it. A file that is damaged or of another build is
 * ignored.
 */
import { createHash } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { isPrivate, isPrivateDirectory, makePrivateDirectory } from '../private-directory.js'

/** Length of the SHA-256 digest at the start of the file. */
const digestBytes = 32
/**
 * Length of the header: the number of runs in the first byte, and the work of the last one in the last four. It aligns the
 * code, because V8 copies unaligned code.
 */
const headerBytes = 8
const workOffset = 4
/**
 * Number of runs that write the cache. The first run may compile only little of the bundle, for example if it prints the
 * help or finds an image up to date.
 */
const maxRuns = 4
/** A later run writes the cache too if it did so many times the work: it probably ran code that no run before it did. */
const moreWork = 1.5

/**
 * Returns the directory of the caches: `$WINDLASS_CODE_CACHE`, else `windlass` below `$XDG_CACHE_HOME` (XDG Base
 * Directory Specification), else below `~/.cache`. Undefined if `$WINDLASS_CODE_CACHE` is `0`, empty or relative, or if
 * `$XDG_CACHE_HOME` or the home directory belongs to another user.
 */
export function cacheDirectory(env: NodeJS.ProcessEnv): string | undefined {
  const { WINDLASS_CODE_CACHE: named, XDG_CACHE_HOME: caches = '', HOME: home = '' } = env
  if (named !== undefined) return named !== '0' && isAbsolute(named) ? named : undefined
  if (isAbsolute(caches)) return belongsToUser(caches) ? join(caches, 'windlass') : undefined
  return isAbsolute(home) && belongsToUser(home) ? join(home, '.cache', 'windlass') : undefined
}

/** Under sudo, `HOME` and `XDG_CACHE_HOME` may belong to another user, who must not choose the files that root runs. */
function belongsToUser(directory: string): boolean {
  try {
    return statSync(directory, { throwIfNoEntry: false })?.uid === process.geteuid?.()
  } catch {
    // For example ELOOP or ENAMETOOLONG.
    return false
  }
}

/** The code cache of one bundle and one use of it. */
export class CodeCache {
  readonly #directory: string
  readonly #path: string
  readonly #key: string
  /** Number of runs that have written the stored cache. */
  #runs = 0
  /** Work of the last run that wrote it. */
  #work = 0
  /** The stored cache, unless V8 has rejected it. */
  #stored: Buffer | undefined

  /**
   * @param name name of the file; each use of a bundle has its own
   * @param key identifies the build; a cache with another key is ignored
   */
  constructor(directory: string, name: string, key: string) {
    this.#directory = directory
    this.#path = join(directory, name)
    this.#key = key
  }

  /** Returns the cache that `store` wrote last under this key; undefined if there is none that can be trusted. */
  read(): Buffer | undefined {
    const content = this.#read()
    this.#runs = content?.[0] ?? 0
    this.#work = content?.readUInt32LE(workOffset) ?? 0
    return (this.#stored = content?.subarray(headerBytes))
  }

  /** Records that V8 has rejected the cache, so that it is written again in the next runs. */
  reject(): void {
    this.#runs = 0
    this.#stored = undefined
  }

  /**
   * Whether this run should call `store`: it is one of the first runs, or did much more than the last one that did.
   * @param work processor time of this run in milliseconds
   */
  shouldStore(work: number): boolean {
    return this.#runs < maxRuns || work > this.#work * moreWork
  }

  #read(): Buffer | undefined {
    try {
      // A user who can replace the directory or the file could make this process run any code.
      if (!isPrivateDirectory(this.#directory)) return undefined
      const fd = openSync(this.#path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
      try {
        if (!isPrivate(fstatSync(fd), constants.S_IFREG)) return undefined
        const bytes = readFileSync(fd)
        const content = bytes.subarray(digestBytes)
        return this.#digest(content).equals(bytes.subarray(0, digestBytes)) ? content : undefined
      } finally {
        closeSync(fd)
      }
    } catch {
      return undefined
    }
  }

  /**
   * Stores `code` for the next run, or keeps what is stored if that is larger: V8 drops the code of functions that have not
   * run for some seconds, so that a long pull ends without that of its start. Errors are ignored: the next run then has
   * no cache.
   * @param work processor time of this run in milliseconds
   */
  store(code: Buffer, work: number): void {
    try {
      if (!makePrivateDirectory(this.#directory)) return
      // The name is fixed, so that killed processes leave at most one file. Of two concurrent runs, the second fails.
      const next = `${this.#path}.new`
      const larger = this.#stored !== undefined && this.#stored.length > code.length ? this.#stored : code
      const content = Buffer.concat([Buffer.alloc(headerBytes, 0), larger])
      content[0] = Math.min(this.#runs + 1, maxRuns)
      content.writeUInt32LE(Math.min(Math.round(work), 0xffff_ffff), workOffset)
      rmSync(next, { force: true })
      writeFileSync(next, Buffer.concat([this.#digest(content), content]), { mode: 0o600, flag: 'wx' })
      renameSync(next, this.#path)
    } catch {
      return
    }
  }

  #digest(content: Buffer): Buffer {
    return createHash('sha256').update(`${this.#key}\n`).update(content).digest()
  }
}
