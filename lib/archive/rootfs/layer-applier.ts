/**
 * Applies the entries of one layer to a directory tree. Never writes outside of its root. Synchronous, because that is
 * fastest in a worker thread.
 *
 * Other programs treat these cases differently: `..` in names stops at the root; a file or link with entries below its
 * name is replaced by a directory; the last entry of a name wins; a hard link has the attributes of its target.
 */
import {
  closeSync,
  constants,
  ftruncateSync,
  linkSync,
  lstatSync,
  openSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeSync,
} from 'node:fs'
import { errnoOf } from '../../system/errno.js'
import { cloneContent } from '../../system/index.js'
import type { WindlassError } from '../../errors.js'
import type { Limits } from '../../limits.js'
import type { EntryHandler, EntryType, TarEntry } from '../tar/entry.js'
import { quotedLatin1 } from '../tar/refusal.js'
import { markOpaque, type WhiteoutTreatment } from '../whiteouts/form.js'
import { isBelowWhiteout, whiteoutOf } from '../whiteouts/name.js'
import { type Whiteouts, makeWhiteouts } from './apply-whiteouts.js'
import { AttributeWriter } from './attributes.js'
import { latin1Of, toPathBytes } from './bytes-path.js'
import { deepestFirst, type Directory, type ListedAttributes } from './directory.js'
import { unpackError, invalidEntryError } from '../failure.js'
import { ImpliedDirectories, isImplied } from './implied-directories.js'
import { skippedDeviceWarning } from './skipped-device.js'
import { layerPath, maxPathBytes, checkNameLength } from './layer-path.js'
import { makeNodeOf, type NodeType, omissionWarning } from './nodes.js'
import { type Owner, type OwnerPolicy, policyOfProcess } from './owners.js'
import { RootTree } from './root-tree.js'
import { onceEach, type Warn } from './warnings.js'

/** Options of a `LayerApplier`. */
export interface ApplyOptions {
  /** An existing directory. Its parent should be inaccessible to other users (0700) while a layer is applied. */
  readonly root: string
  /** `overlay`, `aufs`: the tree contains only this layer, and whiteouts are kept. `apply`: whiteouts delete. */
  readonly whiteouts: WhiteoutTreatment
  /** Default: `image` for root with all its capabilities, otherwise `process`. */
  readonly owner?: OwnerPolicy
  /** Called at most once for each code, with the first entry that it affects. */
  readonly warn?: Warn
  /** Default: `defaultLimits`. */
  readonly limits?: Pick<Limits, 'layerDirectories'>
}

interface OpenFile {
  readonly fd: number
  readonly path: string
  readonly entry: TarEntry
}

const setgid = 0o2000
const createNew = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW

/** Applies the entries of one layer to the tree at `root`. */
export class LayerApplier implements EntryHandler {
  readonly #into: string
  readonly #tree: RootTree
  readonly #whiteouts: Whiteouts
  readonly #attributes: AttributeWriter
  readonly #warn: Warn
  readonly #form: WhiteoutTreatment
  readonly #implied = new ImpliedDirectories()
  /** Whether the tree is for an ordinary user. Such a tree contains no devices. */
  readonly #forOrdinaryUser: boolean
  /** Paths on the disk of devices that were skipped. */
  readonly #skippedDevices = new Set<string>()
  #open: OpenFile | undefined
  #entries = 0
  #bytes = 0
  #mtime = 0n

  /** @throws WindlassError STORE_* when the root is not a directory or cannot be read */
  constructor({ root, whiteouts, owner, warn, limits }: ApplyOptions) {
    this.#into = root
    const applies = whiteouts === 'apply'
    this.#form = whiteouts
    this.#warn = onceEach(warn ?? (() => undefined))
    this.#tree = this.#withUnpackErrors(
      '.',
      () =>
        new RootTree(latin1Of(realpathSync(root)), applies, limits?.layerDirectories, (parent, name) =>
          this.#onReplaced(parent, name),
        ),
    )
    this.#whiteouts = makeWhiteouts(this.#tree, whiteouts)
    const policy = owner ?? policyOfProcess()
    this.#attributes = new AttributeWriter({
      root,
      owner: policy,
      warn: this.#warn,
      initialOwner: applies ? undefined : this.#withUnpackErrors('.', () => inheritedOwner(root)),
    })
    this.#forOrdinaryUser = typeof policy === 'object'
  }

  /** Number of entries so far, including whiteouts. */
  get entries(): number {
    return this.#entries
  }

  /** Bytes of file content so far, without holes. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * The directories without an entry, whose attributes lower layers determine. Complete after `finish`. Undefined with
   * whiteouts `apply`, or if there are too many.
   */
  get implied(): readonly string[] | undefined {
    return this.#form === 'apply' ? undefined : this.#implied.paths
  }

  /**
   * Applies an entry.
   * @throws WindlassError LAYER_INVALID when no tree can contain the entry; LIMIT_EXCEEDED for too many directories;
   * STORE_FULL, STORE_DENIED, STORE_READ_ONLY or STORE_IO when the file system refuses it
   */
  entry(entry: TarEntry): void {
    this.#entries++
    this.#withUnpackErrors(entry.path, () => this.#applyEntry(entry))
  }

  /** Writes content of the current file. @throws WindlassError STORE_* */
  data(chunk: Buffer, offset: number): void {
    this.#bytes += chunk.length
    const file = this.#open
    if (file === undefined) return
    this.#withUnpackErrors(file.entry.path, () => {
      for (let done = 0; done < chunk.length;)
        done += writeSync(file.fd, chunk, done, chunk.length - done, offset + done)
    })
  }

  /**
   * Makes the content of the current file that of the open file `source`, without a copy. @throws SystemError when the file system cannot do that
   */
  clone(source: number): void {
    if (this.#open !== undefined) cloneContent(source, this.#open.fd)
  }

  /** Completes the current file and sets its attributes. @throws WindlassError STORE_*, LAYER_INVALID */
  end(): void {
    const file = this.#open
    if (file === undefined) return
    this.#withUnpackErrors(file.entry.path, () => {
      if (file.entry.sparse) ftruncateSync(file.fd, file.entry.size)
      this.#attributes.setOnFile(file.fd, file.path, file.entry)
      this.close()
    })
  }

  /**
   * Sets the attributes of directories, children before their parents. Call it once, after the last entry.
   * @throws WindlassError STORE_*, LAYER_INVALID
   */
  finish(): void {
    this.close()
    const { root } = this.#tree
    for (const directory of deepestFirst(root)) {
      const { path } = directory
      const displayPath = `.${path.slice(root.name.length)}`
      this.#withUnpackErrors(displayPath, () => this.#finishDirectory(directory, path, displayPath))
      if (this.#form !== 'apply' && isImplied(directory)) this.#implied.add(displayPath)
    }
    if (this.#implied.paths === undefined)
      this.#warn(
        'IMPLIED_UNRECORDED',
        'The layer has too many unlisted directories to record them: in a stack of layers, their attributes may differ from those of the image',
      )
  }

  /** Closes the current file. Call it if the layer ends early. May be called repeatedly. */
  close(): void {
    const file = this.#open
    this.#open = undefined
    if (file !== undefined) closeSync(file.fd)
  }

  #withUnpackErrors<T>(path: string, work: () => T): T {
    try {
      return work()
    } catch (error) {
      this.close()
      // With `apply`, the user has named the directory of the tree. Otherwise the tree is in the store.
      throw unpackError(path, error, this.#into, this.#form === 'apply' ? 'target' : 'store')
    }
  }

  #applyEntry(entry: TarEntry): void {
    this.close()
    const normalized = layerPath(entry.path)
    if (normalized === undefined) {
      if (entry.type !== 'directory') throw invalidEntryError(entry.path, 'the root can only be a directory')
      this.#tree.root.listed = this.#listedAttributesOf(entry)
      return
    }
    const { parent, name } = normalized
    if (isBelowWhiteout(parent)) {
      this.#warn(
        'WHITEOUT_CONTENT',
        `Entries below the name of a whiteout are skipped (first: ${quotedLatin1(entry.path)})`,
      )
      return
    }
    const whiteout = whiteoutOf(name, entry.path)
    if (whiteout === undefined) this.#make(entry, parent, name)
    else this.#whiteouts.apply(whiteout, parent, entry.path)
  }

  #make(entry: TarEntry, parentPath: string, name: string): void {
    checkNameLength(name, entry.path)
    const deviceWarning = skippedDeviceWarning(entry)
    if (deviceWarning !== undefined) {
      this.#warn(...deviceWarning)
      return
    }
    const parent = this.#tree.ensureDirectory(parentPath, entry.path)
    const { type } = entry
    if (type === 'directory') {
      const directory = this.#tree.makeChild(parent, name, entry.path)
      directory.listed = this.#listedAttributesOf(entry)
      directory.touch()
      return
    }
    const path = parent.pathOf(name)
    if (path.length > maxPathBytes)
      throw invalidEntryError(entry.path, `its path under the root is longer than ${maxPathBytes} bytes`)
    if (!this.#makeOther(type, entry, parent, name, path)) return
    parent.timesChanged = true
    if (this.#form === 'apply') {
      parent.createdNames.add(name)
      parent.touch()
    }
  }

  /** Hides `name` of lower layers, which the replaced entry of this layer would have hidden. */
  #onReplaced(parent: string, name: string): void {
    const path = parent === '' ? name : `${parent}/${name}`
    this.#warn(
      'PARENT_REPLACED',
      `A file or link was replaced by a directory, because the same layer has entries below it (first: ${quotedLatin1(path)})`,
    )
    if (this.#form !== 'apply') this.#whiteouts.apply({ kind: 'name', name }, parent, path)
  }

  #makeOther(
    type: Exclude<EntryType, 'directory'>,
    entry: TarEntry,
    parent: Directory,
    name: string,
    path: string,
  ): boolean {
    switch (type) {
      case 'file': {
        const mode = this.#attributes.creationMode(entry)
        const fd = this.#inPlaceOf(parent, name, () => openSync(toPathBytes(path), createNew, mode))
        this.#open = { fd, path, entry }
        return true
      }
      case 'symlink': {
        if (entry.linkTarget === '' || entry.linkTarget.includes('\0'))
          throw invalidEntryError(entry.path, 'it is a symlink to an invalid name')
        if (entry.linkTarget.length > maxPathBytes)
          throw invalidEntryError(
            entry.path,
            `it is a symlink to a name of more than ${maxPathBytes} bytes (ENAMETOOLONG)`,
          )
        this.#inPlaceOf(parent, name, () => symlinkSync(toPathBytes(entry.linkTarget), toPathBytes(path)))
        this.#tree.onSymlinkCreated()
        this.#attributes.setOnSymlink(path, entry)
        return true
      }
      case 'hardlink': {
        const target = this.#linkTarget(entry)
        if (target === path) return true
        if (target === undefined) return false
        // The entry at `path` is removed first, and may contain the target.
        this.#inPlaceOf(parent, name, () => {
          if (exists(target)) linkSync(toPathBytes(target), toPathBytes(path))
          else throw missingTargetError(entry)
        })
        return true
      }
      default:
        return this.#makeNode(type, entry, parent, name, path)
    }
  }

  #makeNode(type: NodeType, entry: TarEntry, parent: Directory, name: string, path: string): boolean {
    try {
      this.#inPlaceOf(parent, name, () => makeNodeOf(entry, type, toPathBytes(path), this.#forOrdinaryUser))
    } catch (error) {
      const why = omissionWarning(type, error, this.#forOrdinaryUser)
      if (why === undefined) throw error
      this.#skippedDevices.add(path)
      this.#warn('DEVICE_SKIPPED', `${why} (first: ${quotedLatin1(entry.path)})`)
      return false
    }
    this.#attributes.setOnNode(path, entry)
    return true
  }

  /** Calls `make` to create an entry, after removing an existing one. Existing files are never written to. */
  #inPlaceOf<T>(parent: Directory, name: string, make: () => T): T {
    if (parent.hasWhiteout(name) || parent.child(name) !== undefined) this.#tree.clear(parent, name)
    try {
      return make()
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error
    }
    this.#tree.clear(parent, name)
    return make()
  }

  /**
   * Returns the path on the disk of a hard link's target, inside the root and without following its last component.
   * Returns undefined if the target is a device that was skipped; the link is then skipped as well.
   */
  #linkTarget(entry: TarEntry): string | undefined {
    const normalizedTarget = layerPath(entry.linkTarget)
    if (normalizedTarget === undefined || whiteoutOf(normalizedTarget.name, entry.path) !== undefined)
      throw missingTargetError(entry)
    const parent = this.#tree.find(normalizedTarget.parent, entry.path)
    if (parent === undefined || parent.hasWhiteout(normalizedTarget.name)) throw missingTargetError(entry)
    const path = parent.pathOf(normalizedTarget.name)
    const found =
      path.length > maxPathBytes ? undefined : lstatSync(toPathBytes(path), { throwIfNoEntry: false })
    if (found === undefined && this.#skippedDevices.has(path)) return undefined
    if (found === undefined) throw missingTargetError(entry)
    if (found.isDirectory())
      throw invalidEntryError(
        entry.path,
        `it is a hard link to ${quotedLatin1(entry.linkTarget)}, which is a directory`,
      )
    return path
  }

  #listedAttributesOf({ mode, uid, gid, mtime, xattrs }: TarEntry): ListedAttributes {
    // Most entries have the same time as the previous one; reusing the bigint saves memory.
    if (mtime !== this.#mtime) this.#mtime = mtime
    return { mode, uid, gid, mtime: this.#mtime, xattrs }
  }

  #finishDirectory(directory: Directory, path: string, displayPath: string): void {
    const { listed, lowerAttributes, opaque, replacesLower, timesChanged, existedBefore } = directory
    if (this.#form === 'overlay' && (opaque || replacesLower))
      markOpaque(toPathBytes(path), { forOrdinaryUser: this.#forOrdinaryUser })
    if (listed === undefined && lowerAttributes !== undefined) {
      if (timesChanged) this.#attributes.restore(path, displayPath, lowerAttributes)
    } else this.#attributes.setOnDirectory(path, displayPath, listed, existedBefore)
  }
}

/**
 * Returns the owner of new entries below `root`, an empty directory. Returns undefined if it may differ from this
 * process: in a setgid directory, or on a file system that assigns owners.
 */
function inheritedOwner(root: string): Owner | undefined {
  const { uid, gid, mode } = statSync(root)
  const ours = uid === process.geteuid?.() && gid === process.getegid?.()
  return ours && (mode & setgid) === 0 ? { uid, gid } : undefined
}

const exists = (path: string): boolean =>
  lstatSync(toPathBytes(path), { throwIfNoEntry: false }) !== undefined

const missingTargetError = ({ path, linkTarget }: TarEntry): WindlassError =>
  invalidEntryError(
    path,
    `it is a hard link to ${quotedLatin1(linkTarget)}, which is not in the tree`,
    'If a lower layer has that file, pull with --no-unpack --rootfs DIR, which puts the layers on top of each other.',
  )
