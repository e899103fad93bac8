/**
 * Applies the layers of an image to a tree in memory, without the content of files. The result equals the tree that
 * `LayerApplier` creates on disk with whiteouts `apply`, as root on a file system that supports everything.
 */
import { defaultLimits, limitExceeded } from '../../limits.js'
import { invalidEntryError } from '../failure.js'
import { layerPath, maxPathBytes, checkNameLength } from '../rootfs/layer-path.js'
import { isForeignDevice, isWhiteoutDevice } from '../rootfs/skipped-device.js'
import type { TarEntry } from '../tar/entry.js'
import { quotedLatin1 } from '../tar/refusal.js'
import { isBelowWhiteout, whiteoutOf, type Whiteout } from '../whiteouts/name.js'
import { FlatDirectory, type LeafLink, type Leaf } from './flat-node.js'
import { resolveParents } from './resolve-parents.js'

/** A path in the tree, and the directory or other entry at the path. */
export type FlatEntry =
  | { readonly path: string; readonly directory: FlatDirectory }
  | {
      readonly path: string
      readonly leaf: Leaf
      /** The first path, in byte order, of those that share the leaf. Set on all paths but the first. */
      readonly hardlink: string | undefined
    }

/** Applies layers, base first, and lists the result. */
export class FlatTree {
  readonly root = new FlatDirectory(undefined, '')
  #layer = -1
  #directories = 0

  /** @param layerDirectories maximum number of directories that one layer creates */
  constructor(private readonly layerDirectories = defaultLimits.layerDirectories) {}

  /** Starts the next layer. */
  nextLayer(): void {
    this.#layer++
    this.#directories = 0
  }

  /**
   * Applies an entry of the current layer. `ordinal` is its position in the layer.
   * @throws WindlassError LAYER_INVALID, LIMIT_EXCEEDED when the layer cannot be unpacked
   */
  apply(entry: TarEntry, ordinal: number): void {
    const normalized = layerPath(entry.path)
    if (normalized === undefined) {
      if (entry.type !== 'directory') throw invalidEntryError(entry.path, 'the root can only be a directory')
      this.root.setEntry(entry, this.#layer)
      return
    }
    const { parent, name } = normalized
    if (isBelowWhiteout(parent)) return
    const whiteout = whiteoutOf(name, entry.path)
    if (whiteout !== undefined) this.#whiteout(whiteout, parent, entry)
    else this.#make(entry, ordinal, parent, name)
  }

  /** Returns all entries below the root in byte order of their paths. */
  entries(): FlatEntry[] {
    const found: { readonly path: string; readonly node: FlatDirectory | LeafLink }[] = []
    const toVisit: [string, FlatDirectory][] = [['', this.root]]
    for (let next = toVisit.pop(); next !== undefined; next = toVisit.pop()) {
      const [prefix, directory] = next
      for (const [name, node] of directory.children) {
        found.push({ path: prefix + name, node })
        if (node instanceof FlatDirectory) toVisit.push([`${prefix}${name}/`, node])
      }
    }
    found.sort((a, b) => (a.path < b.path ? -1 : 1))
    const first = new Map<Leaf, string>()
    return found.map(({ path, node }): FlatEntry => {
      if (node instanceof FlatDirectory) return { path, directory: node }
      const hardlink = first.get(node.leaf)
      if (hardlink === undefined) first.set(node.leaf, path)
      return { path, leaf: node.leaf, hardlink }
    })
  }

  #make(entry: TarEntry, ordinal: number, parentPath: string, name: string): void {
    checkNameLength(name, entry.path)
    if (isForeignDevice(entry) || isWhiteoutDevice(entry)) return
    const parent = this.#ensureDirectory(parentPath, entry.path)
    if (entry.type === 'directory') {
      const known = parent.children.get(name)
      const directory = known instanceof FlatDirectory ? known : this.#makeDirectory(parent, name, entry.path)
      directory.setEntry(entry, this.#layer)
      directory.touch(this.#layer)
      return
    }
    if (entry.type === 'symlink') checkSymlinkTarget(entry)
    const leaf =
      entry.type === 'hardlink' ? this.#hardlinkTarget(entry, parent, name) : this.#leaf(entry, ordinal)
    parent.children.set(name, { leaf, layer: this.#layer })
    parent.touch(this.#layer)
  }

  #leaf(entry: TarEntry, ordinal: number): Leaf {
    return { entry, ordinal, layer: this.#layer }
  }

  /**
   * Returns the target of a hard link. Creating the link replaces a directory at `name`, which must not contain the
   * target.
   */
  #hardlinkTarget(entry: TarEntry, parent: FlatDirectory, name: string): Leaf {
    const { directory, leaf } = this.#findHardlinkTarget(entry)
    const removed = parent.children.get(name)
    for (let above: FlatDirectory | undefined = directory; above !== undefined; above = above.parent)
      if (above === removed) throw missingTargetError(entry)
    return leaf
  }

  #findHardlinkTarget(entry: TarEntry): { readonly directory: FlatDirectory; readonly leaf: Leaf } {
    const normalizedTarget = layerPath(entry.linkTarget)
    if (normalizedTarget === undefined || whiteoutOf(normalizedTarget.name, entry.path) !== undefined)
      throw missingTargetError(entry)
    const directory = this.#find(normalizedTarget.parent, entry.path)
    const found = directory?.children.get(normalizedTarget.name)
    if (directory === undefined || found === undefined) throw missingTargetError(entry)
    if (found instanceof FlatDirectory)
      throw invalidEntryError(
        entry.path,
        `it is a hard link to ${quotedLatin1(entry.linkTarget)}, which is a directory`,
      )
    return { directory, leaf: found.leaf }
  }

  #whiteout(whiteout: Whiteout, parentPath: string, entry: TarEntry): void {
    if (whiteout.kind === 'ignored') return
    const parent = this.#find(parentPath, entry.path)
    if (parent === undefined) return
    if (whiteout.kind === 'opaque') this.#removeLower(parent)
    else {
      checkNameLength(whiteout.name, entry.path)
      this.#hide(parent, whiteout.name)
    }
  }

  /** Removes the entries of lower layers at `name` and keeps those that this layer created there. */
  #hide(parent: FlatDirectory, name: string): void {
    const node = parent.children.get(name)
    if (node === undefined) return
    if (!(node instanceof FlatDirectory)) {
      if (node.layer !== this.#layer) parent.children.delete(name)
    } else if (node.touchedIn !== this.#layer) parent.children.delete(name)
    else {
      this.#removeLower(node)
      node.treatAsCreated(this.#layer)
    }
  }

  #removeLower(top: FlatDirectory): void {
    const toVisit = [top]
    for (let at = toVisit.pop(); at !== undefined; at = toVisit.pop()) {
      if (at.emptiedIn === this.#layer) continue
      at.emptiedIn = this.#layer
      for (const [name, node] of at.children) {
        if (!(node instanceof FlatDirectory)) {
          if (node.layer !== this.#layer) at.children.delete(name)
        } else if (node.touchedIn !== this.#layer) at.children.delete(name)
        else {
          node.treatAsCreated(this.#layer)
          toVisit.push(node)
        }
      }
    }
  }

  /** Returns the directory at `path`, and creates it if needed. An entry that blocks it is replaced by a directory. */
  #ensureDirectory(path: string, entry: string): FlatDirectory {
    for (;;) {
      const { blockedBy, steps } = resolveParents(this.root, path, entry)
      if (blockedBy === undefined) return this.#makeSteps(steps, entry)
      blockedBy.parent.children.delete(blockedBy.name)
    }
  }

  #makeSteps(steps: readonly (FlatDirectory | string)[], entry: string): FlatDirectory {
    let at = this.root
    for (const step of steps) at = step instanceof FlatDirectory ? step : this.#makeDirectory(at, step, entry)
    return at
  }

  /** Returns the directory at `path`; undefined if there is none. */
  #find(path: string, entry: string): FlatDirectory | undefined {
    const { blockedBy, steps } = resolveParents(this.root, path, entry)
    const last = steps.at(-1)
    return blockedBy === undefined && last instanceof FlatDirectory ? last : undefined
  }

  #makeDirectory(parent: FlatDirectory, name: string, entry: string): FlatDirectory {
    checkNameLength(name, entry)
    if (++this.#directories > this.layerDirectories)
      throw limitExceeded(
        `Reading ${quotedLatin1(entry)} failed: the number of directories of the layer is ${this.#directories}`,
        'layerDirectories',
        this.layerDirectories,
      )
    const directory = new FlatDirectory(parent, name)
    // A new directory contains nothing of a lower layer.
    directory.emptiedIn = this.#layer
    parent.children.set(name, directory)
    directory.touch(this.#layer)
    return directory
  }
}

function checkSymlinkTarget({ path, linkTarget }: TarEntry): void {
  if (linkTarget === '' || linkTarget.includes('\0'))
    throw invalidEntryError(path, 'it is a symlink to no valid name')
  if (linkTarget.length > maxPathBytes)
    throw invalidEntryError(
      path,
      `it is a symlink to a name of more than ${maxPathBytes} bytes (ENAMETOOLONG)`,
    )
}

const missingTargetError = ({ path, linkTarget }: TarEntry) =>
  invalidEntryError(path, `it is a hard link to ${quotedLatin1(linkTarget)}, which is not in the tree`)
