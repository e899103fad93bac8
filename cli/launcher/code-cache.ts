/**
 * What V8 made of a bundle in an earlier run: with it, nothing is parsed and little is compiled, which is most of what
 * the start of a command takes. It is code that will run, so only a file is believed that this user wrote and nobody
 * else could have; one that is damaged, or of another build, is none.
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
import { isOurs, isPrivateDirectory, makePrivateDirectory } from './private-directory.js'

const digestBytes = 32
/** The first says how many runs have added; so many that the code behind them is aligned, or V8 copies it. */
const countBytes = 8
/** So many runs add what they compiled: the first may have done little, as who asks for help or is up to date. */
const runsThatAdd = 4

/**
 * Where caches are kept: in `windlass` below `$XDG_CACHE_HOME` (XDG Base Directory Specification), else below
 * `~/.cache`. `$WINDLASS_CODE_CACHE` names another directory; where it is `0` or empty there is none.
 */
export function cacheDirectory(env: NodeJS.ProcessEnv): string | undefined {
  const { WINDLASS_CODE_CACHE: own, XDG_CACHE_HOME: caches = '', HOME: home = '' } = env
  if (own !== undefined) return own !== '0' && isAbsolute(own) ? own : undefined
  if (isAbsolute(caches)) return belongsToUs(caches) ? join(caches, 'windlass') : undefined
  return isAbsolute(home) && belongsToUs(home) ? join(home, '.cache', 'windlass') : undefined
}

/** Under sudo they may be another user's, who could lead us to files of ours that say what that user wants. */
function belongsToUs(directory: string): boolean {
  try {
    return statSync(directory, { throwIfNoEntry: false })?.uid === process.geteuid?.()
  } catch {
    // A link that leads to itself, a path that is too long: a place that cannot be looked at is nobody's.
    return false
  }
}

export class CodeCache {
  readonly #directory: string
  readonly #path: string
  readonly #key: string
  /** That have added to what is kept. */
  #runs = 0

  /**
   * @param name of the file, one for each way that the bundle is used
   * @param key what the cache is of: another build, another key
   */
  constructor(directory: string, name: string, key: string) {
    this.#directory = directory
    this.#path = join(directory, name)
    this.#key = key
  }

  /** What `keep` was last given under this key; undefined where there is nothing to be believed. */
  read(): Buffer | undefined {
    const kept = this.#read()
    this.#runs = kept?.[0] ?? 0
    return kept?.subarray(countBytes)
  }

  /** V8 did not take it: what is kept next is the first of its kind. */
  reject(): void {
    this.#runs = 0
  }

  /** Whether `keep` is due: there was nothing, or not all runs that add to it have been. */
  get isOpen(): boolean {
    return this.#runs < runsThatAdd
  }

  #read(): Buffer | undefined {
    try {
      // Whoever could put another directory or file there could have us run what they like.
      if (!isPrivateDirectory(this.#directory)) return undefined
      const fd = openSync(this.#path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
      try {
        if (!isOurs(fstatSync(fd), constants.S_IFREG)) return undefined
        const bytes = readFileSync(fd)
        const kept = bytes.subarray(digestBytes)
        return this.#digest(kept).equals(bytes.subarray(0, digestBytes)) ? kept : undefined
      } finally {
        closeSync(fd)
      }
    } catch {
      return undefined
    }
  }

  /** Keeps `code` for the next run. Where that cannot be, the next run does without. */
  keep(code: Buffer): void {
    try {
      if (!makePrivateDirectory(this.#directory)) return
      // The same name every time: who is killed here leaves no more than one. Two at once: the second gives up.
      const next = `${this.#path}.new`
      const kept = Buffer.concat([Buffer.alloc(countBytes, 0), code])
      kept[0] = this.#runs + 1
      rmSync(next, { force: true })
      writeFileSync(next, Buffer.concat([this.#digest(kept), kept]), { mode: 0o600, flag: 'wx' })
      renameSync(next, this.#path)
    } catch {
      return
    }
  }

  #digest(kept: Buffer): Buffer {
    return createHash('sha256').update(`${this.#key}\n`).update(kept).digest()
  }
}
