/**
 * Sets owner, extended attributes, mode and times of what has just been made, in the one order that works: owner first
 * (it clears setuid and capabilities), times last. Only through descriptors and calls that follow no link.
 */
import {
  chmodSync,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  lstatSync,
  lutimesSync,
  readFileSync,
} from 'node:fs'
import { errnoOf } from '../../system/errno.js'
import { available, obeysModes, setFdTimes, setTimes, setXattr } from '../../system/index.js'
import { quoted } from '../tar/refusal.js'
import { onDisk } from './bytes-path.js'
import { defaultAcl, type FoundAttributes, type ListedAttributes } from './directory.js'
import { type Owner, type OwnerPolicy, OwnerWriter } from './owners.js'
import type { Warn } from './warnings.js'
import { XattrWriter } from './xattrs.js'

export interface Attributes extends ListedAttributes {
  /** The name of the entry, for messages. */
  readonly path: string
}

const second = 1_000_000_000n
const special = 0o7000

export interface AttributeOptions {
  /** The root of the tree, a path of this process. */
  readonly root: string
  readonly owner: OwnerPolicy
  readonly warn: Warn
  /** Who owns what is made in the tree before anybody says otherwise, where that is known. */
  readonly born: Owner | undefined
}

export class AttributeWriter {
  readonly #obeysModes = obeysModes()
  readonly #umask = umask()
  readonly #system = available()
  readonly #implied: ListedAttributes
  readonly #owners: OwnerWriter
  readonly #xattrs: XattrWriter
  readonly #warn: Warn

  constructor({ root, owner, warn, born }: AttributeOptions) {
    this.#owners = new OwnerWriter(owner, warn, born)
    this.#xattrs = new XattrWriter({ root, warn, ordinary: typeof owner === 'object' })
    this.#warn = warn
    this.#implied = { mode: 0o755, ...this.#owners.implied, mtime: 0n, xattrs: new Map() }
  }

  /** The mode to create a file with: already the final one, unless attributes have to be written first. */
  creationMode({ mode, xattrs }: Attributes): number {
    return xattrs.size > 0 && this.#obeysModes ? 0o600 : mode & 0o777
  }

  file(fd: number, path: string, attributes: Attributes): void {
    const { mode, mtime } = attributes
    this.#owners.give(attributes, (uid, gid) => fchownSync(fd, uid, gid))
    this.#setXattrs(path, attributes)
    const created = this.creationMode(attributes) & ~this.#umask
    if (created !== mode) fchmodSync(fd, mode)
    this.#timed(path, attributes.path, mtime, () => {
      if (this.#system && !isPlain(mtime)) setFdTimes(fd, mtime, mtime)
      else {
        if (mtime % second !== 0n) this.#rounded()
        futimesSync(fd, forNode(mtime), forNode(mtime))
      }
    })
  }

  symlink(path: string, attributes: Attributes): void {
    this.#owners.give(attributes, (uid, gid) => lchownSync(onDisk(path), uid, gid))
    this.#setXattrs(path, attributes)
    this.#times(path, attributes.path, attributes.mtime, attributes.mtime)
  }

  /** A device or fifo made with `mode`: never opened. That it is no link is known, for it was made just now. */
  node(path: string, attributes: Attributes): void {
    const { mode } = attributes
    const owned = this.#owners.give(attributes, (uid, gid) => lchownSync(onDisk(path), uid, gid))
    this.#setXattrs(path, attributes)
    if ((mode & ~this.#umask) !== mode || (owned && (mode & special) !== 0)) chmodSync(onDisk(path), mode)
    this.#times(path, attributes.path, attributes.mtime, attributes.mtime)
  }

  /**
   * A real directory, when all in it is done. Without attributes: one that no entry names, the same in every unpacking.
   * `shown` is its name for messages; `stale`: it is a lower layer's, with its owner and extended attributes.
   */
  directory(path: string, shown: string, listed: ListedAttributes | undefined, stale: boolean): void {
    const attributes = { ...(listed ?? this.#implied), path: shown }
    const bytes = onDisk(path)
    this.#owners.give(attributes, (uid, gid) => lchownSync(bytes, uid, gid), stale)
    if (stale) this.#xattrs.clear(bytes)
    this.#setXattrs(path, attributes)
    chmodSync(bytes, attributes.mode)
    this.#times(path, shown, attributes.mtime, attributes.mtime)
  }

  /** Leaves a directory of a lower layer as it was found. `shown` is its name for messages. */
  restore(path: string, shown: string, { mode, atime, mtime, opened, acl }: FoundAttributes): void {
    if (acl !== undefined) setXattr(onDisk(path), defaultAcl, acl)
    if (opened) chmodSync(onDisk(path), mode)
    this.#times(path, shown, atime, mtime)
  }

  #times(path: string, shown: string, atime: bigint, mtime: bigint): void {
    this.#timed(path, shown, mtime, () => {
      if (this.#system) {
        setTimes(onDisk(path), atime, mtime)
        return
      }
      if (mtime % second !== 0n) this.#rounded()
      lutimesSync(onDisk(path), forNode(atime), forNode(mtime))
    })
  }

  /** A time that the file system cannot hold becomes the nearest that it can, or is left out. */
  #timed(path: string, shown: string, mtime: bigint, set: () => void): void {
    try {
      set()
      if (isOfAll32(mtime) || lstatSync(onDisk(path), { bigint: true }).mtimeNs === mtime) return
    } catch (error) {
      if (!['EINVAL', 'ERANGE', 'EOVERFLOW'].includes(errnoOf(error) ?? '')) throw error
    }
    this.#warn(
      'TIME_SKIPPED',
      `Times could not all be set: the file system cannot hold that of ${quoted(shown)}, which is the first`,
    )
  }

  #setXattrs(path: string, { path: shown, xattrs }: Attributes): void {
    if (xattrs.size > 0) this.#xattrs.set(onDisk(path), shown, xattrs)
  }

  #rounded(): void {
    this.#warn('TIMES_ROUNDED', 'Times are set to about a microsecond: the C library cannot be called here')
  }
}

/** Asked of the kernel, for `process.umask()` changes it for a moment, in all threads. Unknown: all may be masked. */
function umask(): number {
  try {
    const [, octal] = /^Umask:\s*([0-7]+)$/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? []
    return octal === undefined ? 0o777 : parseInt(octal, 8)
  } catch {
    return 0o777
  }
}

/** Whether a time is one that every file system of Linux holds: 32 bits of seconds. */
const isOfAll32 = (ns: bigint): boolean => ns >= -(2n ** 31n) * second && ns < 2n ** 31n * second

/** Whether Node itself sets the time exactly. */
const isPlain = (ns: bigint): boolean => ns >= 0n && ns % second === 0n

/**
 * A time as Node takes it: exact for whole seconds, else to about 0.2 µs. As a number, a time before 1970 would be taken
 * for the present one; as a date, which holds milliseconds, it is not.
 */
const forNode = (ns: bigint): number | Date =>
  ns < 0n ? new Date(Number(ns / 1_000_000n)) : Number(ns / second) + Number(ns % second) / 1e9
