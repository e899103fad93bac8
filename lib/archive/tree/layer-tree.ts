/**
 * Builds the tree of a layer in memory, as `LayerApplier` would create it as root on a file system that supports
 * everything. Used to verify a tree on the disk without a second copy of it.
 */
import { createHash, type Hash } from 'node:crypto'
import { defaultLimits, limitExceeded } from '../../limits.js'
import { formatCount } from '../../quantities.js'
import { invalidEntryError } from '../failure.js'
import { layerPath } from '../rootfs/layer-path.js'
import { isForeignDevice, isWhiteoutDevice } from '../rootfs/skipped-device.js'
import { ownerIdOf } from '../rootfs/owners.js'
import { isImageXattr } from '../rootfs/xattrs.js'
import type { EntryHandler, TarEntry } from '../tar/entry.js'
import { quotedLatin1 } from '../tar/refusal.js'
import { isOverlayXattr, opaqueXattr, type WhiteoutForm } from '../whiteouts/form.js'
import { isBelowWhiteout, opaqueName, type Whiteout, whiteoutName, whiteoutOf } from '../whiteouts/name.js'
import type { TreeEntry, TreeEntryType } from './entry.js'

type Attributes = Omit<TreeEntry, 'path' | 'hardlink'>

/** An entry that is not a directory. Hard links share one object. */
interface Leaf {
  attributes: Attributes
  /** Set for a whiteout of the overlay form, which lookups treat as a missing entry. */
  readonly isWhiteout?: true
}

class Directory {
  readonly children = new Map<string, Directory | Leaf>()
  listed: Attributes | undefined
  opaque = false
}

/** An entry that blocks a path. */
interface BlockingEntry {
  readonly parent: Directory
  readonly name: string
}

const types: Readonly<Record<Exclude<TarEntry['type'], 'hardlink'>, TreeEntryType>> = {
  file: 'file',
  directory: 'directory',
  symlink: 'symlink',
  fifo: 'fifo',
  'character-device': 'character',
  'block-device': 'block',
}

const noXattrs: ReadonlyMap<string, string> = new Map()
/** Maximum number of links that Linux follows in one path. */
const maxLinks = 40
const zeros = Buffer.alloc(1 << 20)

const defaultAttributes = (type: TreeEntryType, mode: number): Attributes => ({
  ...{ type, mode, uid: 0, gid: 0, size: 0, mtime: 0n, xattrs: noXattrs },
})

/** Collects the entries of one layer. */
export class LayerTree implements EntryHandler {
  readonly #root = new Directory()
  #open: { readonly leaf: Leaf; readonly hash: Hash; readonly entry: TarEntry; length: number } | undefined
  #directories = 0
  #entries = 0

  /** @param layerDirectories the maximum number of directories */
  constructor(
    private readonly form: WhiteoutForm,
    private readonly layerDirectories = defaultLimits.layerDirectories,
  ) {}

  /** Number of entries so far, including whiteouts. */
  get entries(): number {
    return this.#entries
  }

  /** Adds an entry. @throws WindlassError LAYER_INVALID, LIMIT_EXCEEDED when the layer could not have been unpacked */
  entry(entry: TarEntry): void {
    this.#entries++
    this.#open = undefined
    const normalized = layerPath(entry.path)
    if (normalized === undefined) {
      if (entry.type !== 'directory') throw invalidEntryError(entry.path, 'the root can only be a directory')
      this.#root.listed = attributesOf(entry, 'directory')
      return
    }
    const { parent, name } = normalized
    if (isBelowWhiteout(parent)) return
    const whiteout = whiteoutOf(name, entry.path)
    if (whiteout !== undefined) this.#whiteout(whiteout, parent, entry)
    else if (!isWhiteoutDevice(entry) && !isForeignDevice(entry))
      this.#make(entry, this.#ensureDirectory(parent, entry), name)
  }

  /** Hashes content of the current file. */
  data(chunk: Buffer, offset: number): void {
    const file = this.#open
    if (file === undefined) return
    this.#hashHole(offset)
    file.hash.update(chunk)
    file.length += chunk.length
  }

  /** Completes the current file. */
  end(): void {
    const file = this.#open
    if (file === undefined) return
    this.#hashHole(file.entry.size)
    file.leaf.attributes = { ...file.leaf.attributes, size: file.length, sha256: file.hash.digest('hex') }
    this.#open = undefined
  }

  /** Returns all entries in the form and order of `describeTree`. */
  describe(): TreeEntry[] {
    const entries: TreeEntry[] = []
    const leaves = new Map<TreeEntry, Leaf>()
    const toVisit: [string, Directory][] = [['.', this.#root]]
    for (let next = toVisit.pop(); next !== undefined; next = toVisit.pop()) {
      const [path, directory] = next
      const { listed = defaultAttributes('directory', 0o755), opaque } = directory
      const xattrs = opaque ? new Map([...listed.xattrs, [opaqueXattr, 'y']]) : listed.xattrs
      entries.push({ ...listed, path, xattrs })
      const prefix = path === '.' ? '' : `${path}/`
      for (const [name, child] of directory.children) {
        if (child instanceof Directory) {
          toVisit.push([prefix + name, child])
          continue
        }
        const entry = { ...child.attributes, path: prefix + name }
        leaves.set(entry, child)
        entries.push(entry)
      }
    }
    entries.sort((a, b) => (a.path < b.path ? -1 : 1))
    const first = new Map<Leaf, string>()
    return entries.map((entry) => {
      const leaf = leaves.get(entry)
      const hardlink = leaf && first.get(leaf)
      if (leaf && hardlink === undefined) first.set(leaf, entry.path)
      return hardlink === undefined ? entry : { ...entry, hardlink }
    })
  }

  #make(entry: TarEntry, parent: Directory, name: string): void {
    const { type } = entry
    if (type === 'directory') {
      const child = parent.children.get(name)
      const directory = child instanceof Directory ? child : this.#makeDirectory(parent, name, entry)
      directory.listed = attributesOf(entry, 'directory')
    } else if (type === 'hardlink') this.#link(entry, parent, name)
    else {
      const leaf: Leaf = { attributes: attributesOf(entry, types[type]) }
      parent.children.set(name, leaf)
      if (type === 'file') this.#open = { leaf, hash: createHash('sha256'), entry, length: 0 }
    }
  }

  #link(entry: TarEntry, parent: Directory, name: string): void {
    const { directory, leaf } = this.#findHardlinkTarget(entry)
    // Creating the link first removes a directory at its path, which may contain the target.
    const removed = parent.children.get(name)
    if (removed instanceof Directory && contains(removed, directory)) throw missingTargetError(entry)
    parent.children.set(name, leaf)
  }

  #findHardlinkTarget(entry: TarEntry): { readonly directory: Directory; readonly leaf: Leaf } {
    const normalizedTarget = layerPath(entry.linkTarget)
    if (normalizedTarget === undefined || whiteoutOf(normalizedTarget.name, entry.path) !== undefined)
      throw missingTargetError(entry)
    const directory = this.#walk(normalizedTarget.parent, entry, false)
    if (!(directory instanceof Directory)) throw missingTargetError(entry)
    const leaf = directory.children.get(normalizedTarget.name)
    if (leaf === undefined || leaf instanceof Directory || leaf.isWhiteout) throw missingTargetError(entry)
    return { directory, leaf }
  }

  #whiteout(whiteout: Whiteout, parentPath: string, entry: TarEntry): void {
    if (whiteout.kind === 'ignored') return
    const parent = this.#walk(parentPath, entry, true)
    if (parent instanceof Directory) this.#addWhiteout(whiteout, parent)
  }

  #addWhiteout(whiteout: Exclude<Whiteout, { kind: 'ignored' }>, parent: Directory): void {
    if (this.form === 'aufs') {
      const name = whiteout.kind === 'opaque' ? opaqueName : whiteoutName(whiteout.name)
      const attributes = { ...defaultAttributes('file', 0o444), sha256: createHash('sha256').digest('hex') }
      if (!parent.children.has(name)) parent.children.set(name, { attributes })
      return
    }
    if (whiteout.kind === 'opaque') {
      parent.opaque = true
      return
    }
    const child = parent.children.get(whiteout.name)
    const attributes = { ...defaultAttributes('character', 0), device: { major: 0, minor: 0 } }
    if (child instanceof Directory) child.opaque = true
    else if (child === undefined) parent.children.set(whiteout.name, { attributes, isWhiteout: true })
  }

  /** Returns the directory at `path`. A blocking entry is replaced by a directory and hides lower layers. */
  #ensureDirectory(path: string, entry: TarEntry): Directory {
    for (;;) {
      const found = this.#walk(path, entry, true)
      if (found instanceof Directory) return found
      // Cannot happen, because `#walk` creates missing directories here. TypeScript requires the check.
      if (found === undefined) throw invalidEntryError(entry.path, 'its parent directory cannot be created')
      found.parent.children.delete(found.name)
      this.#addWhiteout({ kind: 'name', name: found.name }, found.parent)
    }
  }

  /**
   * Returns the directory at `path`, following links inside the root like chroot(2). Creates missing directories if
   * `make` is true, otherwise returns undefined for them. Returns the blocking entry if there is one.
   */
  #walk(path: string, entry: TarEntry, make: boolean): Directory | BlockingEntry | undefined {
    let link: (BlockingEntry & { readonly rest: number }) | undefined
    const remaining = path.split('/').reverse()
    const steps: (Directory | string)[] = [this.#root]
    let links = 0
    for (let part = remaining.pop(); part !== undefined; part = remaining.pop()) {
      if (link !== undefined && remaining.length < link.rest) link = undefined
      if (part === '' || part === '.') continue
      if (part === '..') {
        if (steps.length > 1) steps.pop()
        continue
      }
      const at = steps.at(-1)
      const found = at instanceof Directory ? at.children.get(part) : undefined
      const name = part
      const blocked = (): BlockingEntry => ({ parent: at instanceof Directory ? at : this.#root, name })
      // Directories are created only after the whole path is resolved.
      if (found === undefined || (!(found instanceof Directory) && found.isWhiteout)) steps.push(part)
      else if (found instanceof Directory) steps.push(found)
      else if (found.attributes.target !== undefined) {
        if (++links > maxLinks)
          throw invalidEntryError(entry.path, `more than ${maxLinks} symlinks lead to it`)
        link ??= { ...blocked(), rest: remaining.length }
        if (found.attributes.target.startsWith('/')) steps.length = 1
        remaining.push(...found.attributes.target.split('/').reverse())
      } else return link ?? blocked()
    }
    let at = this.#root
    for (const step of steps) {
      if (step instanceof Directory) at = step
      else if (!make) return undefined
      else at = this.#makeDirectory(at, step, entry)
    }
    return at
  }

  #makeDirectory(parent: Directory, name: string, entry: TarEntry): Directory {
    if (++this.#directories > this.layerDirectories)
      throw limitExceeded(
        `Reading ${quotedLatin1(entry.path)} failed: the layer has ${formatCount(this.#directories, 'directory', 'directories')}`,
        'layerDirectories',
        this.layerDirectories,
      )
    const before = parent.children.get(name)
    const directory = new Directory()
    directory.opaque = before !== undefined && !(before instanceof Directory) && before.isWhiteout === true
    parent.children.set(name, directory)
    return directory
  }

  /** Hashes zeros up to `length`, the content of a hole. */
  #hashHole(length: number): void {
    const file = this.#open
    for (let left = length - (file?.length ?? 0); file && left > 0; left = length - file.length) {
      const piece = zeros.subarray(0, Math.min(left, zeros.length))
      file.hash.update(piece)
      file.length += piece.length
    }
  }
}

function attributesOf(entry: TarEntry, type: TreeEntryType): Attributes {
  const { uid, gid, mtime, device, linkTarget } = entry
  const xattrs = [...entry.xattrs].filter(([name]) => isImageXattr(name) && !isOverlayXattr(name))
  return {
    ...{ type, uid: ownerIdOf(uid), gid: ownerIdOf(gid), mtime, size: 0 },
    mode: type === 'symlink' ? 0o777 : entry.mode,
    xattrs:
      xattrs.length === 0 ? noXattrs : new Map(xattrs.map(([k, value]) => [k, value.toString('latin1')])),
    ...(type === 'symlink' && { target: linkTarget }),
    ...((type === 'character' || type === 'block') && { device: device ?? { major: 0, minor: 0 } }),
  }
}

/** Reports whether `directory` is `top` or below it. */
function contains(top: Directory, directory: Directory): boolean {
  const toVisit = [top]
  for (let at = toVisit.pop(); at !== undefined; at = toVisit.pop()) {
    if (at === directory) return true
    for (const child of at.children.values()) if (child instanceof Directory) toVisit.push(child)
  }
  return false
}

const missingTargetError = ({ path, linkTarget }: TarEntry) =>
  invalidEntryError(path, `it is a hard link to ${quotedLatin1(linkTarget)}, which is not in the tree`)
