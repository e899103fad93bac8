/**
 * Sets the owner, extended attributes, mode and times of new entries, in this order, because setting the owner clears
 * setuid and capabilities, and every change updates the times. Uses descriptors or calls that do not follow links.
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
import { systemCallsAvailable, isBoundByModes, setFdTimes, setTimes, setXattr } from '../../system/index.js'
import { quotedLatin1 } from '../tar/refusal.js'
import { toPathBytes } from './bytes-path.js'
import { defaultAcl, type LowerAttributes, type ListedAttributes } from './directory.js'
import { type Owner, type OwnerPolicy, OwnerWriter } from './owners.js'
import type { Warn } from './warnings.js'
import { XattrWriter } from './xattrs.js'

/** The attributes of an entry to be set. */
export interface Attributes extends ListedAttributes {
  /** The name of the entry, for messages. */
  readonly path: string
}

const second = 1_000_000_000n
const specialBits = 0o7000

/** Options of an `AttributeWriter`. */
export interface AttributeOptions {
  /** The root of the tree, a path of this process. */
  readonly root: string
  readonly owner: OwnerPolicy
  readonly warn: Warn
  /** The owner that new entries have when they are created, if known. */
  readonly initialOwner: Owner | undefined
}

/** Sets the attributes of entries in a tree. */
export class AttributeWriter {
  readonly #isBoundByModes = isBoundByModes()
  readonly #umask = umask()
  readonly #hasSystemCalls = systemCallsAvailable()
  readonly #implied: ListedAttributes
  readonly #owners: OwnerWriter
  readonly #xattrs: XattrWriter
  readonly #warn: Warn

  constructor({ root, owner, warn, initialOwner }: AttributeOptions) {
    this.#owners = new OwnerWriter(owner, warn, initialOwner)
    this.#xattrs = new XattrWriter({ root, warn, forOrdinaryUser: typeof owner === 'object' })
    this.#warn = warn
    this.#implied = { mode: 0o755, ...this.#owners.implied, mtime: 0n, xattrs: new Map() }
  }

  /** Returns the mode for creating a file: the final mode, or 0600 if extended attributes must be written first. */
  creationMode({ mode, xattrs }: Attributes): number {
    return xattrs.size > 0 && this.#isBoundByModes ? 0o600 : mode & 0o777
  }

  /** Sets the attributes of the open file `fd` at `path`. */
  setOnFile(fd: number, path: string, attributes: Attributes): void {
    const { mode, mtime } = attributes
    this.#owners.setOwner(attributes, (uid, gid) => fchownSync(fd, uid, gid))
    this.#setXattrs(path, attributes)
    const created = this.creationMode(attributes) & ~this.#umask
    if (created !== mode) fchmodSync(fd, mode)
    this.#trySetTimes(path, attributes.path, mtime, () => {
      if (this.#hasSystemCalls && !isExactInNode(mtime)) setFdTimes(fd, mtime, mtime)
      else {
        if (mtime % second !== 0n) this.#warnOfRounding()
        futimesSync(fd, asNodeTime(mtime), asNodeTime(mtime))
      }
    })
  }

  /** Sets the attributes of a symlink; its mode cannot be set. */
  setOnSymlink(path: string, attributes: Attributes): void {
    this.#owners.setOwner(attributes, (uid, gid) => lchownSync(toPathBytes(path), uid, gid))
    this.#setXattrs(path, attributes)
    this.#setEntryTimes(path, attributes.path, attributes.mtime, attributes.mtime)
  }

  /** Sets the attributes of a device or FIFO without opening it. It was just created, so it is not a link. */
  setOnNode(path: string, attributes: Attributes): void {
    const { mode } = attributes
    const owned = this.#owners.setOwner(attributes, (uid, gid) => lchownSync(toPathBytes(path), uid, gid))
    this.#setXattrs(path, attributes)
    if ((mode & ~this.#umask) !== mode || (owned && (mode & specialBits) !== 0))
      chmodSync(toPathBytes(path), mode)
    this.#setEntryTimes(path, attributes.path, attributes.mtime, attributes.mtime)
  }

  /**
   * Sets the attributes of a directory after its content is complete. Without `listed`, sets fixed default attributes.
   * @param displayPath the name of the entry, for messages
   * @param isFromLowerLayer whether the directory comes from a lower layer and still has the owner and extended
   * attributes of that layer
   */
  setOnDirectory(
    path: string,
    displayPath: string,
    listed: ListedAttributes | undefined,
    isFromLowerLayer: boolean,
  ): void {
    const attributes = { ...(listed ?? this.#implied), path: displayPath }
    const bytes = toPathBytes(path)
    this.#owners.setOwner(attributes, (uid, gid) => lchownSync(bytes, uid, gid), isFromLowerLayer)
    if (isFromLowerLayer) this.#xattrs.clear(bytes)
    this.#setXattrs(path, attributes)
    chmodSync(bytes, attributes.mode)
    this.#setEntryTimes(path, displayPath, attributes.mtime, attributes.mtime)
  }

  /** Restores the attributes of a directory of a lower layer. `displayPath` is its name for messages. */
  restore(
    path: string,
    displayPath: string,
    { mode, atime, mtime, madeWritable, acl }: LowerAttributes,
  ): void {
    if (acl !== undefined) setXattr(toPathBytes(path), defaultAcl, acl)
    if (madeWritable) chmodSync(toPathBytes(path), mode)
    this.#setEntryTimes(path, displayPath, atime, mtime)
  }

  #setEntryTimes(path: string, displayPath: string, atime: bigint, mtime: bigint): void {
    this.#trySetTimes(path, displayPath, mtime, () => {
      if (this.#hasSystemCalls) {
        setTimes(toPathBytes(path), atime, mtime)
        return
      }
      if (mtime % second !== 0n) this.#warnOfRounding()
      lutimesSync(toPathBytes(path), asNodeTime(atime), asNodeTime(mtime))
    })
  }

  /** Calls `set`, and warns if the file system rejects or changes a time that it cannot store. */
  #trySetTimes(path: string, displayPath: string, mtime: bigint, set: () => void): void {
    try {
      set()
      if (fits32Bits(mtime) || lstatSync(toPathBytes(path), { bigint: true }).mtimeNs === mtime) return
    } catch (error) {
      if (!['EINVAL', 'ERANGE', 'EOVERFLOW'].includes(errnoOf(error) ?? '')) throw error
    }
    this.#warn(
      'TIME_SKIPPED',
      `Some times could not be set: the file system cannot store them (first: ${quotedLatin1(displayPath)})`,
    )
  }

  #setXattrs(path: string, { path: displayPath, xattrs }: Attributes): void {
    if (xattrs.size > 0) this.#xattrs.set(toPathBytes(path), displayPath, xattrs)
  }

  #warnOfRounding(): void {
    this.#warn(
      'TIMES_ROUNDED',
      'Times are exact to about a microsecond only: the C library cannot be called on this platform',
    )
  }
}

/**
 * Returns the umask, from /proc, because `process.umask()` changes it briefly for all threads; 0777 if it is unknown.
 */
function umask(): number {
  try {
    const [, octal] = /^Umask:\s*([0-7]+)$/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? []
    return octal === undefined ? 0o777 : parseInt(octal, 8)
  } catch {
    return 0o777
  }
}

/** Reports whether every file system of Linux can store the time: 32 bits of seconds. */
const fits32Bits = (ns: bigint): boolean => ns >= -(2n ** 31n) * second && ns < 2n ** 31n * second

/** Reports whether Node sets the time exactly. */
const isExactInNode = (ns: bigint): boolean => ns >= 0n && ns % second === 0n

/**
 * Converts a time for Node: exact for whole seconds, otherwise to about 0.2 µs. Node replaces a negative number by the
 * current time, but accepts a Date before 1970, which has a precision of milliseconds.
 */
const asNodeTime = (ns: bigint): number | Date =>
  ns < 0n ? new Date(Number(ns / 1_000_000n)) : Number(ns / second) + Number(ns % second) / 1e9
