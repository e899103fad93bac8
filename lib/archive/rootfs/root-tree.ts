/**
 * The directories under a root as they really are: resolves paths inside the root as chroot(2) would, makes missing
 * parents, and forgets whatever is replaced. Nothing here ever leaves the root or follows a last component.
 */
import { type BigIntStats, chmodSync, lstatSync, mkdirSync, readdirSync, readlinkSync } from 'node:fs'
import { errnoOf } from '../../system/errno.js'
import { available, getXattr, obeysModes, removeXattr } from '../../system/index.js'
import { defaultLimits, limitExceeded } from '../../limits.js'
import { quoted } from '../tar/refusal.js'
import { onDisk } from './bytes-path.js'
import { defaultAcl, Directory } from './directory.js'
import { invalidEntry } from '../failure.js'
import { longestPath, requireShort } from './layer-path.js'
import { remove } from './remove-tree.js'

/** As many links as Linux follows in one path. */
const maxLinks = 40

/** What is in the way of a path: no directory, and no link that leads to one. */
interface Blocked {
  readonly parent: Directory
  readonly name: string
}

/** Told of what this layer made, and which has made way for a directory: `name` in the directory `parent` (cleaned path). */
export type Replaced = (parent: string, name: string) => void

export class RootTree {
  readonly root: Directory
  #known = 0
  readonly #obeysModes = obeysModes()
  /** The parent that was asked for last: most entries of an archive stand beside the one before. */
  #last: { readonly path: string; readonly directory: Directory } | undefined

  /**
   * @param path of the root, as latin1 and without links
   * @param keepsFound whether there may be lower layers in it: the root stays as it was found where no entry names it
   * @param layerDirectories the limit
   */
  constructor(
    path: string,
    readonly keepsFound: boolean,
    readonly layerDirectories = defaultLimits.layerDirectories,
    readonly replaced: Replaced = () => undefined,
  ) {
    this.root = new Directory(undefined, path)
    this.#found(this.root, lstatSync(onDisk(path), { bigint: true }))
    this.root.fresh = readdirSync(onDisk(path)).length === 0
    if (!keepsFound) this.root.found = undefined
  }

  /**
   * The directory `path` (cleaned) inside the root, made where it is missing (as are its parents). What else is in the way
   * is replaced by a directory, as overlayfs has it where a lower layer made the one and an upper layer the other.
   * @throws WindlassError LAYER_INVALID for too many links and for names too long
   */
  need(path: string, entry: string): Directory {
    for (;;) {
      const found = this.#reach(path, entry)
      if (found instanceof Directory) return found
      const { parent, name } = found
      const isOfThisLayer = !this.keepsFound || parent.makes(name)
      this.clear(parent, name)
      if (isOfThisLayer) this.replaced(parent.path.slice(this.root.name.length + 1), name)
    }
  }

  /** The same, but undefined where something else is in the way. */
  needUnlessBlocked(path: string, entry: string): Directory | undefined {
    const found = this.#reach(path, entry)
    return found instanceof Directory ? found : undefined
  }

  /** The same of a directory that must be there already; undefined where it is not. */
  find(path: string, entry: string): Directory | undefined {
    if (this.#last?.path === path) return this.#last.directory
    const found = this.#walk(path, entry)
    return found instanceof Directory && found.exists ? found : undefined
  }

  /** The real directory `name` in `parent`, if one is there. Links are not followed. */
  childOf(parent: Directory, name: string): Directory | undefined {
    const known = parent.child(name)
    if (known !== undefined || parent.fresh || parent.hides(name)) return known
    const found = inspect(parent.at(name))
    return found?.isDirectory() === true ? this.#adopt(parent, name, found) : undefined
  }

  /** Makes the directory `name` in `parent`; whatever else is there makes way. A directory stays and is given. */
  makeChild(parent: Directory, name: string, entry: string): Directory {
    const known = this.childOf(parent, name)
    if (known !== undefined) return known
    const directory = new Directory(parent, name)
    directory.exists = false
    this.#make(directory, entry)
    return directory
  }

  /** Takes away whatever is `name` in `parent`, and all knowledge of it. False where nothing was there. */
  clear(parent: Directory, name: string): boolean {
    this.#last = undefined
    parent.forget(name)
    parent.unhide(name)
    const removed = remove(parent.at(name))
    if (removed) parent.changed = true
    return removed
  }

  /** A new symlink may change where a path leads. */
  linkMade(): void {
    this.#last = undefined
  }

  #reach(path: string, entry: string): Directory | Blocked {
    if (this.#last?.path === path) return this.#last.directory
    const found = this.#walk(path, entry)
    if (!(found instanceof Directory)) return found
    if (!found.exists) this.#make(found, entry)
    this.#last = { path, directory: found }
    return found
  }

  #walk(path: string, entry: string): Directory | Blocked {
    const ahead = path.split('/').reverse()
    let at = this.root
    let links = 0
    /** The link of `path` itself that is being followed, until no more than `rest` names are ahead. */
    let link: (Blocked & { readonly rest: number }) | undefined
    for (let part = ahead.pop(); part !== undefined; part = ahead.pop()) {
      if (link !== undefined && ahead.length < link.rest) link = undefined
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
      requireShort(part, entry)
      const found = at.exists && !at.hides(part) ? inspect(at.at(part)) : undefined
      if (found === undefined) at = missing(at, part)
      else if (found.isDirectory()) at = this.#adopt(at, part, found)
      else if (found.isSymbolicLink()) {
        if (++links > maxLinks) throw invalidEntry(entry, `more than ${maxLinks} symlinks lead to it`)
        const target = readlinkSync(onDisk(at.at(part)), { encoding: 'latin1' })
        link ??= { parent: at, name: part, rest: ahead.length }
        if (target.startsWith('/')) at = this.root
        ahead.push(...target.split('/').reverse())
      } else return link ?? { parent: at, name: part }
    }
    return at
  }

  /** Makes `directory` and those above it that are missing. */
  #make(directory: Directory, entry: string): void {
    let { path } = directory
    if (path.length > longestPath)
      throw invalidEntry(entry, `its path under the root is longer than ${longestPath} bytes`)
    const missing: Directory[] = []
    for (let at: Directory | undefined = directory; at?.exists === false; at = at.parent) missing.push(at)
    path = missing.at(-1)?.parent?.path ?? ''
    for (const each of missing.reverse()) {
      const { parent, name } = each
      if (parent === undefined) continue
      path = `${path}/${name}`
      requireShort(name, entry)
      if (parent.hides(name)) {
        this.clear(parent, name)
        each.severed = true
      }
      this.#mkdir(parent, each, path)
      each.exists = true
      each.fresh = true
      this.#add(parent, each, entry)
      parent.changed = true
      each.touch()
    }
  }

  #mkdir(parent: Directory, made: Directory, path: string): void {
    try {
      mkdirSync(onDisk(path), 0o700)
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error
      this.clear(parent, made.name)
      mkdirSync(onDisk(path), 0o700)
    }
    parent.unmake(made.name)
  }

  #adopt(parent: Directory, name: string, stats: BigIntStats): Directory {
    const directory = new Directory(parent, name)
    this.#found(directory, stats)
    this.#add(parent, directory, name)
    return directory
  }

  #add(parent: Directory, directory: Directory, entry: string): void {
    if (++this.#known > this.layerDirectories)
      throw limitExceeded(
        `Unpacking ${quoted(entry)} failed: the number of directories that the layer has something in is ${this.#known}`,
        'layerDirectories',
        this.layerDirectories,
      )
    parent.add(directory)
  }

  /** What was here before: until the layer is done it is open to this process, and hands nothing down to what is made in it. */
  #found(directory: Directory, { mode, atimeNs, mtimeNs }: BigIntStats): void {
    const bits = Number(mode & 0o7777n)
    const needed = (this.#obeysModes ? bits | 0o700 : bits) & ~setgid
    const acl = takeDefaultAcl(directory.path)
    const opened = needed !== bits
    directory.adopted = true
    directory.found = { mode: bits, atime: atimeNs, mtime: mtimeNs, opened, acl }
    if (opened) chmodSync(onDisk(directory.path), needed)
    if (opened || acl !== undefined) directory.changed = true
  }
}

const setgid = 0o2000

/** A directory that a path goes through and nobody has made: made only if the path ends below it. */
function missing(parent: Directory, name: string): Directory {
  const directory = new Directory(parent, name)
  directory.exists = false
  return directory
}

/** What is at `path` (latin1) itself; undefined where nothing is. A path too long for the system holds nothing. */
function inspect(path: string): BigIntStats | undefined {
  if (path.length > longestPath) return undefined
  return lstatSync(onDisk(path), { bigint: true, throwIfNoEntry: false })
}

/** Takes the default ACL of the directory `path` (latin1) away; undefined where it has none, or may not be changed. */
function takeDefaultAcl(path: string): Buffer | undefined {
  if (!available()) return undefined
  try {
    const acl = getXattr(onDisk(path), defaultAcl)
    removeXattr(onDisk(path), defaultAcl)
    return acl
  } catch (error) {
    if (!['ENODATA', 'ENOTSUP', 'EPERM', 'ENOSYS'].includes(errnoOf(error) ?? '')) throw error
    return undefined
  }
}
