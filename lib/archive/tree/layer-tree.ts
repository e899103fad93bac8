/**
 * The tree that a layer unpacks to, put together in memory from its entries: what `LayerApplier` makes in a directory of
 * the layer's own, as root of a system that can hold everything. With it a tree on disk can be verified where there is no
 * room for a second one, or nothing may be written.
 */
import { createHash, type Hash } from 'node:crypto'
import { defaultLimits, limitExceeded } from '../../limits.js'
import { invalidEntry } from '../failure.js'
import { layerPath } from '../rootfs/layer-path.js'
import { isForeignDevice, isWhiteoutDevice } from '../rootfs/left-out-device.js'
import { ownerOf } from '../rootfs/owners.js'
import { isOfImages } from '../rootfs/xattrs.js'
import type { EntryHandler, TarEntry } from '../tar/entry.js'
import { quoted } from '../tar/refusal.js'
import { isOverlayXattr, opaqueXattr, type WhiteoutForm } from '../whiteouts/form.js'
import { isBelowWhiteout, opaqueName, type Whiteout, whiteoutName, whiteoutOf } from '../whiteouts/name.js'
import type { TreeEntry, TreeEntryType } from './entry.js'

type Attributes = Omit<TreeEntry, 'path' | 'hardlink'>

/** What is no directory; every name of a hard-linked file leads to the same. */
interface Leaf {
  attributes: Attributes
  /** A whiteout of the overlay form: for the layer nothing is there. */
  readonly hidden?: true
}

class Directory {
  readonly children = new Map<string, Directory | Leaf>()
  listed: Attributes | undefined
  opaque = false
}

/** What is in the way of a path. */
interface Blocked {
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

const none: ReadonlyMap<string, string> = new Map()
/** As many links as Linux follows in one path. */
const maxLinks = 40
const zeros = Buffer.alloc(1 << 20)

const made = (type: TreeEntryType, mode: number): Attributes => ({
  ...{ type, mode, uid: 0, gid: 0, size: 0, mtime: 0n, xattrs: none },
})

export class LayerTree implements EntryHandler {
  readonly #root = new Directory()
  #open: { readonly leaf: Leaf; readonly hash: Hash; readonly entry: TarEntry; length: number } | undefined
  #directories = 0
  #entries = 0

  /** @param layerDirectories the limit */
  constructor(
    private readonly form: WhiteoutForm,
    private readonly layerDirectories = defaultLimits.layerDirectories,
  ) {}

  /** How many entries came, whiteouts included. */
  get entries(): number {
    return this.#entries
  }

  /** @throws WindlassError LAYER_INVALID, LIMIT_EXCEEDED where the layer could not have been unpacked */
  entry(entry: TarEntry): void {
    this.#entries++
    this.#open = undefined
    const place = layerPath(entry.path)
    if (place === undefined) {
      if (entry.type !== 'directory') throw invalidEntry(entry.path, 'the root can only be a directory')
      this.#root.listed = attributesOf(entry, 'directory')
      return
    }
    const { parent, name } = place
    if (isBelowWhiteout(parent)) return
    const whiteout = whiteoutOf(name, entry.path)
    if (whiteout !== undefined) this.#whiteout(whiteout, parent, entry)
    else if (!isWhiteoutDevice(entry) && !isForeignDevice(entry))
      this.#make(entry, this.#need(parent, entry), name)
  }

  data(chunk: Buffer, offset: number): void {
    const file = this.#open
    if (file === undefined) return
    this.#fill(offset)
    file.hash.update(chunk)
    file.length += chunk.length
  }

  end(): void {
    const file = this.#open
    if (file === undefined) return
    this.#fill(file.entry.size)
    file.leaf.attributes = { ...file.leaf.attributes, size: file.length, sha256: file.hash.digest('hex') }
    this.#open = undefined
  }

  /** Every entry, the root first as `.`, in byte order of the paths, as `describeTree` tells those of a directory. */
  describe(): TreeEntry[] {
    const entries: TreeEntry[] = []
    const leaves = new Map<TreeEntry, Leaf>()
    const open: [string, Directory][] = [['.', this.#root]]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const [path, directory] = next
      const { listed = made('directory', 0o755), opaque } = directory
      const xattrs = opaque ? new Map([...listed.xattrs, [opaqueXattr, 'y']]) : listed.xattrs
      entries.push({ ...listed, path, xattrs })
      const prefix = path === '.' ? '' : `${path}/`
      for (const [name, child] of directory.children) {
        if (child instanceof Directory) {
          open.push([prefix + name, child])
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
    const target = this.#target(entry)
    if (parent.children.get(name) === target) return
    // What stood here goes first, and the target may have been in it.
    parent.children.delete(name)
    if (this.#target(entry) !== target) throw missing(entry)
    parent.children.set(name, target)
  }

  #target(entry: TarEntry): Leaf {
    const place = layerPath(entry.linkTarget)
    if (place === undefined || whiteoutOf(place.name, entry.path) !== undefined) throw missing(entry)
    const parent = this.#walk(place.parent, entry, false)
    const found = parent instanceof Directory ? parent.children.get(place.name) : undefined
    if (found === undefined || found instanceof Directory || found.hidden) throw missing(entry)
    return found
  }

  #whiteout(whiteout: Whiteout, parentPath: string, entry: TarEntry): void {
    if (whiteout.kind === 'ignored') return
    const parent = this.#walk(parentPath, entry, true)
    if (parent instanceof Directory) this.#mark(whiteout, parent)
  }

  #mark(whiteout: Exclude<Whiteout, { kind: 'ignored' }>, parent: Directory): void {
    if (this.form === 'aufs') {
      const name = whiteout.kind === 'opaque' ? opaqueName : whiteoutName(whiteout.name)
      const attributes = { ...made('file', 0o444), sha256: createHash('sha256').digest('hex') }
      if (!parent.children.has(name)) parent.children.set(name, { attributes })
      return
    }
    if (whiteout.kind === 'opaque') {
      parent.opaque = true
      return
    }
    const child = parent.children.get(whiteout.name)
    const attributes = { ...made('character', 0), device: { major: 0, minor: 0 } }
    if (child instanceof Directory) child.opaque = true
    else if (child === undefined) parent.children.set(whiteout.name, { attributes, hidden: true })
  }

  /** What is in the way makes way for a directory, and hides what lower layers have there. */
  #need(path: string, entry: TarEntry): Directory {
    for (;;) {
      const found = this.#walk(path, entry, true)
      if (found instanceof Directory) return found
      // What cannot be undefined: what is missing is made.
      if (found === undefined) throw invalidEntry(entry.path, 'what it is below cannot be made')
      found.parent.children.delete(found.name)
      this.#mark({ kind: 'name', name: found.name }, found.parent)
    }
  }

  /**
   * The directory at `path`, links followed inside the root, as chroot(2) has it; made where it is missing if `make`, else
   * undefined. Where something is in the way: which name of `path` leads to it.
   */
  #walk(path: string, entry: TarEntry, make: boolean): Directory | Blocked | undefined {
    let link: (Blocked & { readonly rest: number }) | undefined
    const ahead = path.split('/').reverse()
    const steps: (Directory | string)[] = [this.#root]
    let links = 0
    for (let part = ahead.pop(); part !== undefined; part = ahead.pop()) {
      if (link !== undefined && ahead.length < link.rest) link = undefined
      if (part === '' || part === '.') continue
      if (part === '..') {
        if (steps.length > 1) steps.pop()
        continue
      }
      const at = steps.at(-1)
      const found = at instanceof Directory ? at.children.get(part) : undefined
      const name = part
      const here = (): Blocked => ({ parent: at instanceof Directory ? at : this.#root, name })
      // Nothing is made before it is known that the path ends below it.
      if (found === undefined || (!(found instanceof Directory) && found.hidden)) steps.push(part)
      else if (found instanceof Directory) steps.push(found)
      else if (found.attributes.target !== undefined) {
        if (++links > maxLinks) throw invalidEntry(entry.path, `more than ${maxLinks} symlinks lead to it`)
        link ??= { ...here(), rest: ahead.length }
        if (found.attributes.target.startsWith('/')) steps.length = 1
        ahead.push(...found.attributes.target.split('/').reverse())
      } else return link ?? here()
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
        `Reading ${quoted(entry.path)} failed: the number of directories of the layer is ${this.#directories}`,
        'layerDirectories',
        this.layerDirectories,
      )
    const before = parent.children.get(name)
    const directory = new Directory()
    directory.opaque = before !== undefined && !(before instanceof Directory) && before.hidden === true
    parent.children.set(name, directory)
    return directory
  }

  /** Zeros up to `length`, as a hole reads. */
  #fill(length: number): void {
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
  const xattrs = [...entry.xattrs].filter(([name]) => isOfImages(name) && !isOverlayXattr(name))
  return {
    ...{ type, uid: ownerOf(uid), gid: ownerOf(gid), mtime, size: 0 },
    mode: type === 'symlink' ? 0o777 : entry.mode,
    xattrs: xattrs.length === 0 ? none : new Map(xattrs.map(([k, value]) => [k, value.toString('latin1')])),
    ...(type === 'symlink' && { target: linkTarget }),
    ...((type === 'character' || type === 'block') && { device: device ?? { major: 0, minor: 0 } }),
  }
}

const missing = ({ path, linkTarget }: TarEntry) =>
  invalidEntry(path, `it is a hard link to ${quoted(linkTarget)}, which is not in the tree`)
