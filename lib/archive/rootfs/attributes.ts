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
  lutimesSync,
  readFileSync,
} from 'node:fs'
import { errnoOf } from '../../bytes/errno.js'
import { available, listXattrs, removeXattr, setFdTimes, setTimes, setXattr } from '../../system/index.js'
import { isOverlayXattr } from '../whiteouts/form.js'
import { quoted } from '../tar/refusal.js'
import { onDisk } from './bytes-path.js'
import type { FoundAttributes, ListedAttributes } from './directory.js'
import { invalidEntry } from './failure.js'
import type { Warn } from './warnings.js'

/** `image`: files belong to whom the layer says (needs root). `process`: to this process. */
export type OwnerPolicy = 'image' | 'process'

export interface Owner {
  readonly uid: number
  readonly gid: number
}

export interface Attributes extends ListedAttributes {
  /** The name of the entry, for messages. */
  readonly path: string
}

const second = 1_000_000_000n
const special = 0o7000
/** To `chown`, "leave it as it is": no file can belong to it. */
const noId = 2 ** 32 - 1

export class AttributeWriter {
  readonly #asRoot = process.geteuid?.() === 0
  readonly #uid = process.geteuid?.() ?? 0
  readonly #gid = process.getegid?.() ?? 0
  readonly #umask = umask()
  readonly #system = available()
  readonly #implied: ListedAttributes

  /** @param born who owns what is made in the tree before anybody says otherwise, where that is known */
  constructor(
    readonly owner: OwnerPolicy,
    readonly warn: Warn,
    readonly born?: Owner,
  ) {
    const owners = owner === 'image' ? { uid: 0, gid: 0 } : { uid: this.#uid, gid: this.#gid }
    this.#implied = { mode: 0o755, ...owners, mtime: 0n, xattrs: new Map() }
  }

  /** The mode to create a file with: already the final one, unless attributes have to be written first. */
  creationMode({ mode, xattrs }: Attributes): number {
    return xattrs.size > 0 && !this.#asRoot ? 0o600 : mode & 0o777
  }

  file(fd: number, path: string, attributes: Attributes): void {
    const { mode, mtime } = attributes
    if (this.#mustOwn(attributes)) fchownSync(fd, ownerOf(attributes.uid), ownerOf(attributes.gid))
    this.#xattrs(onDisk(path), attributes)
    const created = this.creationMode(attributes) & ~this.#umask
    if (created !== mode) fchmodSync(fd, mode)
    if (this.#system && !isPlain(mtime)) setFdTimes(fd, mtime, mtime)
    else {
      if (mtime % second !== 0n) this.#rounded()
      futimesSync(fd, forNode(mtime), forNode(mtime))
    }
  }

  symlink(path: string, attributes: Attributes): void {
    if (this.#mustOwn(attributes)) this.#own(onDisk(path), attributes)
    this.#xattrs(onDisk(path), attributes)
    this.times(path, attributes.mtime, attributes.mtime)
  }

  /** A device or fifo made with `mode`: never opened. That it is no link is known, for it was made just now. */
  node(path: string, attributes: Attributes): void {
    const { mode } = attributes
    const owned = this.#mustOwn(attributes)
    if (owned) this.#own(onDisk(path), attributes)
    this.#xattrs(onDisk(path), attributes)
    if ((mode & ~this.#umask) !== mode || (owned && (mode & special) !== 0)) chmodSync(onDisk(path), mode)
    this.times(path, attributes.mtime, attributes.mtime)
  }

  /**
   * A real directory, when all in it is done. Without attributes: one that no entry names, the same in every unpacking.
   * `shown` is its name for messages; `stale`: it is a lower layer's, with its owner and extended attributes.
   */
  directory(path: string, shown: string, listed: ListedAttributes | undefined, stale: boolean): void {
    const attributes = { ...(listed ?? this.#implied), path: shown }
    const bytes = onDisk(path)
    if (this.#mustOwn(attributes, stale)) this.#own(bytes, attributes)
    if (stale) this.#clearXattrs(bytes)
    this.#xattrs(onDisk(path), attributes)
    chmodSync(bytes, attributes.mode)
    this.times(path, attributes.mtime, attributes.mtime)
  }

  /** Leaves a directory of a lower layer as it was found. */
  restore(path: string, { mode, atime, mtime }: FoundAttributes): void {
    if (!this.#asRoot) chmodSync(onDisk(path), mode)
    this.times(path, atime, mtime)
  }

  times(path: string, atime: bigint, mtime: bigint): void {
    if (this.#system) {
      setTimes(onDisk(path), atime, mtime)
      return
    }
    if (mtime % second !== 0n) this.#rounded()
    lutimesSync(onDisk(path), forNode(atime), forNode(mtime))
  }

  /** Whether the owner has to be set: most files of most images belong to root, whose they are from the start. */
  #mustOwn({ path, uid, gid }: Attributes, stale = false): boolean {
    if (!isId(uid) || !isId(gid)) throw invalidEntry(path, `its owner ${uid}:${gid} is out of range`)
    if (this.owner === 'image') {
      if (uid === noId || gid === noId)
        this.warn(
          'OWNER_NONE',
          `Files of the owner ${noId}, which no file can have, belong to root (${quoted(path)} is the first)`,
        )
      return stale || ownerOf(uid) !== this.born?.uid || ownerOf(gid) !== this.born.gid
    }
    if (uid !== this.#uid || gid !== this.#gid)
      this.warn(
        'OWNER_SKIPPED',
        `Files belong to ${this.#uid}:${this.#gid} and not to the owners that the layer says: only root may set them (${quoted(path)} is the first)`,
      )
    return false
  }

  #own(path: Buffer, { uid, gid }: Attributes): void {
    lchownSync(path, ownerOf(uid), ownerOf(gid))
  }

  #xattrs(bytes: Buffer, { path, xattrs }: Attributes): void {
    for (const [name, value] of xattrs) {
      if (isOverlayXattr(name) || !isAllowed(name)) {
        this.warn(
          'XATTR_FOREIGN',
          `Extended attributes such as ${quoted(name)} are not taken from images (${quoted(path)} is the first)`,
        )
        continue
      }
      try {
        setXattr(bytes, name, value)
      } catch (error) {
        if (['EINVAL', 'ERANGE', 'E2BIG'].includes(errnoOf(error) ?? ''))
          throw invalidEntry(path, `its extended attribute ${quoted(name)} is none that Linux takes`)
        if (!isRefusal(error)) throw error
        this.warn(
          'XATTR_SKIPPED',
          `Extended attributes could not all be set: ${quoted(name)} on ${quoted(path)} is the first (${errnoOf(error) ?? ''})`,
        )
      }
    }
  }

  #clearXattrs(path: Buffer): void {
    if (!this.#system) return
    try {
      for (const name of listXattrs(path)) if (isAllowed(name)) removeXattr(path, name)
    } catch (error) {
      if (!isRefusal(error)) throw error
    }
  }

  #rounded(): void {
    this.warn('TIMES_ROUNDED', 'Times are set to about a microsecond: the C library cannot be called here')
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

const isId = (id: number): boolean => Number.isInteger(id) && id >= 0 && id <= noId

/** podman, containerd and Docker leave such a file to whom it was made by: root. */
const ownerOf = (id: number): number => (id === noId ? 0 : id)

/** `security.selinux`, `security.ima` and the like belong to the host, not to an image. */
const isAllowed = (name: string): boolean =>
  /^(?:user|trusted)\../s.test(name) ||
  name === 'security.capability' ||
  name === 'system.posix_acl_access' ||
  name === 'system.posix_acl_default'

const isRefusal = (error: unknown): boolean =>
  ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(errnoOf(error) ?? '')

/** Whether Node itself sets the time exactly. */
const isPlain = (ns: bigint): boolean => ns >= 0n && ns % second === 0n

/**
 * A time as Node takes it: exact for whole seconds, else to about 0.2 µs. As a number, a time before 1970 would be taken
 * for the present one; as a date, which holds milliseconds, it is not.
 */
const forNode = (ns: bigint): number | Date =>
  ns < 0n ? new Date(Number(ns / 1_000_000n)) : Number(ns / second) + Number(ns % second) / 1e9
