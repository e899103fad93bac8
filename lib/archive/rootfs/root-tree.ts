/**
 * The directories on the disk under a root. Resolves the parent paths of entries inside the root, following links like
 * chroot(2), and creates missing directories. Never leaves the root.
 */
import { type BigIntStats, chmodSync, lstatSync, mkdirSync, readdirSync, readlinkSync } from 'node:fs'
import { errnoOf } from '../../system/errno.js'
import { systemCallsAvailable, getXattr, isBoundByModes, removeXattr } from '../../system/index.js'
import { defaultLimits, limitExceeded } from '../../limits.js'
import { formatCount } from '../../quantities.js'
import { quotedLatin1 } from '../tar/refusal.js'
import { toPathBytes } from './bytes-path.js'
import { defaultAcl, Directory } from './directory.js'
import { invalidEntryError } from '../failure.js'
import { maxPathBytes, checkNameLength } from './layer-path.js'
import { remove } from './remove-tree.js'

/** Maximum number of links that Linux follows in one path. */
const maxLinks = 40

/** An entry that blocks a path: neither a directory nor a link to one. */
interface BlockingEntry {
  readonly parent: Directory
  readonly name: string
}

/**
 * Called when a directory replaces an entry of this layer, `name` in the directory `parent` (normalized path).
 */
export type OnReplaced = (parent: string, name: string) => void

/** The tree under a root while a layer is applied. */
export class RootTree {
  readonly root: Directory
  #directoryCount = 0
  readonly #isBoundByModes = isBoundByModes()
  /** The last requested directory. Cached, because most entries have the same parent as the previous one. */
  #lastRequested: { readonly path: string; readonly directory: Directory } | undefined

  /**
   * @param path the path of the root, latin1 and without links
   * @param mayHaveLowerLayers whether the root may contain lower layers. The attributes of their directories are then
   * restored, unless this layer has entries for them
   * @param layerDirectories the maximum number of directories
   * @param onReplaced called when an entry of this layer is replaced by a directory
   */
  constructor(
    path: string,
    readonly mayHaveLowerLayers: boolean,
    readonly layerDirectories = defaultLimits.layerDirectories,
    readonly onReplaced: OnReplaced = () => undefined,
  ) {
    this.root = new Directory(undefined, path)
    this.#recordFound(this.root, lstatSync(toPathBytes(path), { bigint: true }))
    this.root.hasNoLowerContent = readdirSync(toPathBytes(path)).length === 0
    if (!mayHaveLowerLayers) this.root.lowerAttributes = undefined
  }

  /**
   * Returns the directory `path` (normalized), creating it and its parents if needed. Replaces a blocking entry by a
   * directory, as overlayfs does if the entry and the directory come from different layers.
   * @param entry the name of the entry that needs the directory, for messages
   * @throws WindlassError LAYER_INVALID for too many links or a name that is too long; LIMIT_EXCEEDED; the errors of
   * `node:fs`
   */
  ensureDirectory(path: string, entry: string): Directory {
    for (;;) {
      const found = this.#findOrMake(path, entry)
      if (found instanceof Directory) return found
      const { parent, name } = found
      const isOfThisLayer = !this.mayHaveLowerLayers || parent.hasCreated(name)
      this.clear(parent, name)
      if (isOfThisLayer) this.onReplaced(parent.path.slice(this.root.name.length + 1), name)
    }
  }

  /** Like `ensureDirectory`, but returns undefined if an entry blocks the path. */
  ensureUnlessBlocked(path: string, entry: string): Directory | undefined {
    const found = this.#findOrMake(path, entry)
    return found instanceof Directory ? found : undefined
  }

  /** Like `ensureDirectory`, but returns undefined if the directory does not exist. */
  find(path: string, entry: string): Directory | undefined {
    if (this.#lastRequested?.path === path) return this.#lastRequested.directory
    const found = this.#walk(path, entry)
    return found instanceof Directory && found.exists ? found : undefined
  }

  /** Returns the directory `name` in `parent` if it exists. Does not follow links. */
  childOf(parent: Directory, name: string): Directory | undefined {
    const known = parent.child(name)
    if (known !== undefined || parent.hasNoLowerContent || parent.hasWhiteout(name)) return known
    const found = statEntry(parent.pathOf(name))
    return found?.isDirectory() === true ? this.#addExisting(parent, name, found) : undefined
  }

  /** Returns the directory `name` in `parent`, creating it in place of any other entry. */
  makeChild(parent: Directory, name: string, entry: string): Directory {
    const known = this.childOf(parent, name)
    if (known !== undefined) return known
    const directory = new Directory(parent, name)
    directory.exists = false
    this.#make(directory, entry)
    return directory
  }

  /**
   * Removes the entry `name` in `parent` from the disk and from this tree. Returns false if it did not exist on the
   * disk.
   */
  clear(parent: Directory, name: string): boolean {
    this.#lastRequested = undefined
    parent.forget(name)
    parent.forgetWhiteout(name)
    const removed = remove(parent.pathOf(name))
    if (removed) parent.timesChanged = true
    return removed
  }

  /** Must be called after creating a symlink, which may change where a path leads. */
  onSymlinkCreated(): void {
    this.#lastRequested = undefined
  }

  #findOrMake(path: string, entry: string): Directory | BlockingEntry {
    if (this.#lastRequested?.path === path) return this.#lastRequested.directory
    const found = this.#walk(path, entry)
    if (!(found instanceof Directory)) return found
    if (!found.exists) this.#make(found, entry)
    this.#lastRequested = { path, directory: found }
    return found
  }

  #walk(path: string, entry: string): Directory | BlockingEntry {
    const remaining = path.split('/').reverse()
    let at = this.root
    let links = 0
    /** The outermost link being followed. Its target is resolved once fewer than `rest` names remain. */
    let link: (BlockingEntry & { readonly rest: number }) | undefined
    for (let part = remaining.pop(); part !== undefined; part = remaining.pop()) {
      if (link !== undefined && remaining.length < link.rest) link = undefined
      if (part === '' || part === '.') continue
      if (part === '..') {
        at = at.parent ?? this.root
        continue
      }
      const known = at.child(part)
      if (known !== undefined) {
        at = known
        continue
      }
      checkNameLength(part, entry)
      const found = at.exists && !at.hasWhiteout(part) ? statEntry(at.pathOf(part)) : undefined
      if (found === undefined) at = placeholderFor(at, part)
      else if (found.isDirectory()) at = this.#addExisting(at, part, found)
      else if (found.isSymbolicLink()) {
        if (++links > maxLinks) throw invalidEntryError(entry, `more than ${maxLinks} symlinks lead to it`)
        const target = readlinkSync(toPathBytes(at.pathOf(part)), { encoding: 'latin1' })
        link ??= { parent: at, name: part, rest: remaining.length }
        if (target.startsWith('/')) at = this.root
        remaining.push(...target.split('/').reverse())
      } else return link ?? { parent: at, name: part }
    }
    return at
  }

  /** Creates `directory` and its missing parents. */
  #make(directory: Directory, entry: string): void {
    let { path } = directory
    if (path.length > maxPathBytes)
      throw invalidEntryError(entry, `its path under the root is longer than ${maxPathBytes} bytes`)
    const toCreate: Directory[] = []
    for (let at: Directory | undefined = directory; at?.exists === false; at = at.parent) toCreate.push(at)
    path = toCreate.at(-1)?.parent?.path ?? ''
    for (const each of toCreate.reverse()) {
      const { parent, name } = each
      if (parent === undefined) continue
      path = `${path}/${name}`
      checkNameLength(name, entry)
      if (parent.hasWhiteout(name)) {
        this.clear(parent, name)
        each.replacesLower = true
      }
      this.#mkdir(parent, each, path)
      each.exists = true
      each.hasNoLowerContent = true
      this.#add(parent, each, entry)
      parent.timesChanged = true
      each.touch()
    }
  }

  #mkdir(parent: Directory, made: Directory, path: string): void {
    try {
      mkdirSync(toPathBytes(path), 0o700)
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error
      this.clear(parent, made.name)
      mkdirSync(toPathBytes(path), 0o700)
    }
    parent.forgetCreated(made.name)
  }

  #addExisting(parent: Directory, name: string, stats: BigIntStats): Directory {
    const directory = new Directory(parent, name)
    this.#recordFound(directory, stats)
    this.#add(parent, directory, name)
    return directory
  }

  #add(parent: Directory, directory: Directory, entry: string): void {
    if (++this.#directoryCount > this.layerDirectories)
      throw limitExceeded(
        `Unpacking ${quotedLatin1(entry)} failed: the layer has entries in ${formatCount(this.#directoryCount, 'directory', 'directories')}`,
        'layerDirectories',
        this.layerDirectories,
      )
    parent.add(directory)
  }

  /**
   * Records the attributes of a directory that existed before this layer, and makes it accessible to this process.
   * Removes its setgid bit and default ACL, because new entries would inherit them.
   */
  #recordFound(directory: Directory, { mode, atimeNs, mtimeNs }: BigIntStats): void {
    const bits = Number(mode & 0o7777n)
    const needed = (this.#isBoundByModes ? bits | 0o700 : bits) & ~setgid
    const acl = takeDefaultAcl(directory.path)
    const madeWritable = needed !== bits
    directory.existedBefore = true
    directory.lowerAttributes = { mode: bits, atime: atimeNs, mtime: mtimeNs, madeWritable, acl }
    if (madeWritable) chmodSync(toPathBytes(directory.path), needed)
    if (madeWritable || acl !== undefined) directory.timesChanged = true
  }
}

const setgid = 0o2000

/** Returns a placeholder for a directory that does not exist. `#make` creates it if the resolved path contains it. */
function placeholderFor(parent: Directory, name: string): Directory {
  const directory = new Directory(parent, name)
  directory.exists = false
  return directory
}

/**
 * Returns the entry at `path` (latin1), without following a link; undefined if there is none or the path is too long.
 */
function statEntry(path: string): BigIntStats | undefined {
  if (path.length > maxPathBytes) return undefined
  return lstatSync(toPathBytes(path), { bigint: true, throwIfNoEntry: false })
}

/**
 * Removes and returns the default ACL of the directory `path` (latin1). Returns undefined if it has none or cannot be
 * changed.
 */
function takeDefaultAcl(path: string): Buffer | undefined {
  if (!systemCallsAvailable()) return undefined
  try {
    const acl = getXattr(toPathBytes(path), defaultAcl)
    removeXattr(toPathBytes(path), defaultAcl)
    return acl
  } catch (error) {
    if (!['ENODATA', 'ENOTSUP', 'EPERM', 'ENOSYS'].includes(errnoOf(error) ?? '')) throw error
    return undefined
  }
}
