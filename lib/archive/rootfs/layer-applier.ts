/**
 * Applies the entries of one layer to a directory tree and never writes outside of its root. Synchronous, which is
 * fastest in a worker thread and processes one entry after the other.
 *
 * Where other programs differ: `..` in names stops at the root; a file or link with entries below its name is replaced
 * by a directory; the last entry of a name wins; a hard link has the attributes of its target.
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
import type { WindlassError } from '../../errors.js'
import type { Limits } from '../../limits.js'
import type { EntryHandler, EntryType, TarEntry } from '../tar/entry.js'
import { quoted } from '../tar/refusal.js'
import { markOpaque, type WhiteoutTreatment } from '../whiteouts/form.js'
import { isBelowWhiteout, whiteoutOf } from '../whiteouts/name.js'
import { type Whiteouts, whiteoutsIn } from './apply-whiteouts.js'
import { AttributeWriter } from './attributes.js'
import { asLatin1, toPathBytes } from './bytes-path.js'
import { deepestFirst, type Directory, type ListedAttributes } from './directory.js'
import { failure, invalidEntry } from '../failure.js'
import { ImpliedDirectories, isImplied } from './implied-directories.js'
import { skippedDevice } from './skipped-device.js'
import { layerPath, longestPath, requireShort } from './layer-path.js'
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
  /** Called once for each kind of thing that cannot be created. */
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
  /** The tree is for an ordinary user, who must not get devices from it. */
  readonly #ordinary: boolean
  /** Paths on the disk of devices that were skipped. */
  readonly #leftOut = new Set<string>()
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
    this.#tree = this.#guarded(
      '.',
      () =>
        new RootTree(asLatin1(realpathSync(root)), applies, limits?.layerDirectories, (parent, name) =>
          this.#replaced(parent, name),
        ),
    )
    this.#whiteouts = whiteoutsIn(this.#tree, whiteouts)
    const policy = owner ?? policyOfProcess()
    this.#attributes = new AttributeWriter({
      root,
      owner: policy,
      warn: this.#warn,
      born: applies ? undefined : this.#guarded('.', () => inheritedOwner(root)),
    })
    this.#ordinary = typeof policy === 'object'
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
   * After `finish`: the directories of the tree that no entry names and whose attributes lower layers determine.
   * Undefined with whiteouts `apply`, or if there are too many.
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
    this.#guarded(entry.path, () => this.#place(entry))
  }

  /** Writes content of the current file. @throws WindlassError STORE_* */
  data(chunk: Buffer, offset: number): void {
    this.#bytes += chunk.length
    const file = this.#open
    if (file === undefined) return
    this.#guarded(file.entry.path, () => {
      for (let done = 0; done < chunk.length;)
        done += writeSync(file.fd, chunk, done, chunk.length - done, offset + done)
    })
  }

  /** Completes the current file and sets its attributes. @throws WindlassError STORE_*, LAYER_INVALID */
  end(): void {
    const file = this.#open
    if (file === undefined) return
    this.#guarded(file.entry.path, () => {
      if (file.entry.sparse) ftruncateSync(file.fd, file.entry.size)
      this.#attributes.file(file.fd, file.path, file.entry)
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
      const shown = `.${path.slice(root.name.length)}`
      this.#guarded(shown, () => this.#finishDirectory(directory, path, shown))
      if (this.#form !== 'apply' && isImplied(directory)) this.#implied.add(shown)
    }
    if (this.#implied.paths === undefined)
      this.#warn(
        'IMPLIED_UNRECORDED',
        'The layer has too many unlisted directories to record them: in a stack of layers, their attributes may differ from those of the image',
      )
  }

  /** Closes the current file. For a layer that ends early; may be called repeatedly. */
  close(): void {
    const file = this.#open
    this.#open = undefined
    if (file !== undefined) closeSync(file.fd)
  }

  #guarded<T>(path: string, work: () => T): T {
    try {
      return work()
    } catch (error) {
      this.close()
      // Only a directory that the user names receives several layers (`apply`).
      throw failure(path, error, this.#into, this.#form === 'apply' ? 'target' : 'store')
    }
  }

  #place(entry: TarEntry): void {
    this.close()
    const place = layerPath(entry.path)
    if (place === undefined) {
      if (entry.type !== 'directory') throw invalidEntry(entry.path, 'the root can only be a directory')
      this.#tree.root.listed = this.#listed(entry)
      return
    }
    const { parent, name } = place
    if (isBelowWhiteout(parent)) {
      this.#warn(
        'WHITEOUT_CONTENT',
        `Entries below the name of a whiteout are skipped (first: ${quoted(entry.path)})`,
      )
      return
    }
    const whiteout = whiteoutOf(name, entry.path)
    if (whiteout === undefined) this.#make(entry, parent, name)
    else this.#whiteouts.apply(whiteout, parent, entry.path)
  }

  #make(entry: TarEntry, parentPath: string, name: string): void {
    requireShort(name, entry.path)
    const leftOut = skippedDevice(entry)
    if (leftOut !== undefined) {
      this.#warn(...leftOut)
      return
    }
    const parent = this.#tree.need(parentPath, entry.path)
    const { type } = entry
    if (type === 'directory') {
      const directory = this.#tree.makeChild(parent, name, entry.path)
      directory.listed = this.#listed(entry)
      directory.touch()
      return
    }
    const path = parent.at(name)
    if (path.length > longestPath)
      throw invalidEntry(entry.path, `its path under the root is longer than ${longestPath} bytes`)
    if (!this.#makeOther(type, entry, parent, name, path)) return
    parent.timesChanged = true
    if (this.#form === 'apply') {
      parent.made.add(name)
      parent.touch()
    }
  }

  /** Handles a replaced entry of this layer, which must still hide the same name of lower layers. */
  #replaced(parent: string, name: string): void {
    const path = parent === '' ? name : `${parent}/${name}`
    this.#warn(
      'PARENT_REPLACED',
      `A file or link was replaced by a directory, because the same layer has entries below it (first: ${quoted(path)})`,
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
          throw invalidEntry(entry.path, 'it is a symlink to an invalid name')
        if (entry.linkTarget.length > longestPath)
          throw invalidEntry(
            entry.path,
            `it is a symlink to a name of more than ${longestPath} bytes (ENAMETOOLONG)`,
          )
        this.#inPlaceOf(parent, name, () => symlinkSync(toPathBytes(entry.linkTarget), toPathBytes(path)))
        this.#tree.linkMade()
        this.#attributes.symlink(path, entry)
        return true
      }
      case 'hardlink': {
        const target = this.#linkTarget(entry)
        if (target === path) return true
        if (target === undefined) return false
        // The entry at `path` is removed first, and may contain the target.
        this.#inPlaceOf(parent, name, () => {
          if (exists(target)) linkSync(toPathBytes(target), toPathBytes(path))
          else throw missingTarget(entry)
        })
        return true
      }
      default:
        return this.#makeNode(type, entry, parent, name, path)
    }
  }

  #makeNode(type: NodeType, entry: TarEntry, parent: Directory, name: string, path: string): boolean {
    try {
      this.#inPlaceOf(parent, name, () => makeNodeOf(entry, type, toPathBytes(path), this.#ordinary))
    } catch (error) {
      const why = omissionWarning(type, error, this.#ordinary)
      if (why === undefined) throw error
      this.#leftOut.add(path)
      this.#warn('DEVICE_SKIPPED', `${why} (first: ${quoted(entry.path)})`)
      return false
    }
    this.#attributes.node(path, entry)
    return true
  }

  /** Creates an entry in place of an existing one. Existing files are unlinked, never written to. */
  #inPlaceOf<T>(parent: Directory, name: string, make: () => T): T {
    if (parent.hasHidden(name) || parent.child(name) !== undefined) this.#tree.clear(parent, name)
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
    const place = layerPath(entry.linkTarget)
    if (place === undefined || whiteoutOf(place.name, entry.path) !== undefined) throw missingTarget(entry)
    const parent = this.#tree.find(place.parent, entry.path)
    if (parent === undefined || parent.hasHidden(place.name)) throw missingTarget(entry)
    const path = parent.at(place.name)
    const found =
      path.length > longestPath ? undefined : lstatSync(toPathBytes(path), { throwIfNoEntry: false })
    if (found === undefined && this.#leftOut.has(path)) return undefined
    if (found === undefined) throw missingTarget(entry)
    if (found.isDirectory())
      throw invalidEntry(entry.path, `it is a hard link to ${quoted(entry.linkTarget)}, which is a directory`)
    return path
  }

  #listed({ mode, uid, gid, mtime, xattrs }: TarEntry): ListedAttributes {
    // Most entries have the same time as the previous one; reusing the bigint saves memory.
    if (mtime !== this.#mtime) this.#mtime = mtime
    return { mode, uid, gid, mtime: this.#mtime, xattrs }
  }

  #finishDirectory(directory: Directory, path: string, shown: string): void {
    const { listed, found, opaque, replacesLower, timesChanged, existedBefore } = directory
    if (this.#form === 'overlay' && (opaque || replacesLower))
      markOpaque(toPathBytes(path), { ordinary: this.#ordinary })
    if (listed === undefined && found !== undefined) {
      if (timesChanged) this.#attributes.restore(path, shown, found)
    } else this.#attributes.directory(path, shown, listed, existedBefore)
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

const missingTarget = ({ path, linkTarget }: TarEntry): WindlassError =>
  invalidEntry(
    path,
    `it is a hard link to ${quoted(linkTarget)}, which is not in the tree`,
    'If a lower layer has that file, pull with --no-unpack --rootfs DIR, which puts the layers on top of each other.',
  )
