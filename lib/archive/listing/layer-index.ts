/**
 * Indexes the entries of one layer by path. A layer lists a directory if it has an entry for the directory itself. A
 * directory that this layer does not list may be a symlink in a lower layer; its entries are then in the target of the
 * link. The index detects such uncertain paths.
 */
import { layerPath, checkNameLength } from '../rootfs/layer-path.js'
import { isForeignDevice, isWhiteoutDevice } from '../rootfs/skipped-device.js'
import type { TarEntry } from '../tar/entry.js'
import { isBelowWhiteout, whiteoutOf } from '../whiteouts/name.js'
import { joinPath, parentOf, pathOf } from './entry-path.js'

/** An entry of the layer that is not a directory. */
export interface IndexedLeaf {
  readonly kind: 'leaf'
  /** The entry with the content and the attributes: for a hard link, its target. */
  readonly entry: TarEntry
  /** Position of that entry in the layer. */
  readonly ordinal: number
}

/** A directory of the layer. */
export interface IndexedDirectory {
  readonly kind: 'directory'
  /** The entry of the directory itself; undefined if the layer only has entries below it. */
  entry: TarEntry | undefined
  /** Whether the entry of the directory precedes all entries below it. If not, a link of a lower layer is followed. */
  readonly listedFirst: boolean
}

/** The result of `LayerIndex.at`. */
export type IndexedNode = IndexedLeaf | IndexedDirectory | undefined

/** An index of the entries of one layer, which grows while the layer is read. */
export class LayerIndex {
  readonly #entriesByPath = new Map<string, IndexedLeaf | IndexedDirectory>()
  readonly #hidden = new Set<string>()
  readonly #opaque = new Set<string>()
  /** Paths below unlisted directories, by each of their names below the directory. */
  readonly #uncertainPaths = new Map<string, Set<string>>()
  #needsAllLayers = false
  #count = 0

  /** @param isBase whether this is the lowest layer, in which an unlisted directory cannot be a link */
  constructor(private readonly isBase: boolean) {}

  /** Number of entries so far. */
  get count(): number {
    return this.#count
  }

  /** Whether the layer has an entry whose effect is known only after all layers are applied in order. */
  get needsAllLayers(): boolean {
    return this.#needsAllLayers
  }

  /** Returns the entry at a normalized path; undefined if the layer has none. */
  at(path: string): IndexedNode {
    return this.#entriesByPath.get(path)
  }

  /** Reports whether the layer hides the entry of lower layers at `path`, or their content of the directory `path`. */
  hidesLower(path: string): boolean {
    return this.#hidden.has(path) || this.#opaque.has(path)
  }

  /** Reports whether the layer hides the content of lower layers in the directory `path`. */
  isOpaque(path: string): boolean {
    return this.#opaque.has(path)
  }

  /**
   * Reports whether an entry below an unlisted directory may change `path`, because the directory is a link in a lower
   * layer. Ignores the entries of `path` and of its parents, which the caller checks.
   */
  mayChangeThroughLink(path: string): boolean {
    if (this.#uncertainPaths.size === 0) return false
    if (this.#uncertainPaths.has(anyName)) return true
    return path
      .split('/')
      .some((name) =>
        [...(this.#uncertainPaths.get(name) ?? [])].some(
          (other) => other !== path && !path.startsWith(`${other}/`),
        ),
      )
  }

  /** Adds the next entry. @throws WindlassError LAYER_INVALID when no tree can contain it */
  add(entry: TarEntry): void {
    const ordinal = this.#count++
    const normalized = layerPath(entry.path)
    if (normalized === undefined) {
      if (entry.type !== 'directory') this.#needsAllLayers = true
      return
    }
    const { parent, name } = normalized
    if (isBelowWhiteout(parent)) return
    const whiteout = whiteoutOf(name, entry.path)
    if (whiteout === undefined) {
      if (isForeignDevice(entry) || isWhiteoutDevice(entry)) return
      checkNameLength(name, entry.path)
      this.#make(entry, ordinal, parent, joinPath(parent, name))
    } else if (whiteout.kind === 'opaque') {
      if (!this.#isListed(parent)) this.#addUncertain(anyName, parent)
      this.#opaque.add(parent)
    } else if (whiteout.kind === 'name') {
      const path = joinPath(parent, whiteout.name)
      this.#recordUncertain(path)
      this.#hidden.add(path)
    }
  }

  #make(entry: TarEntry, ordinal: number, parent: string, path: string): void {
    this.#recordUncertain(path)
    this.#makeParents(parent)
    const before = this.#entriesByPath.get(path)
    if (entry.type === 'directory') {
      if (before?.kind === 'directory') before.entry = entry
      else {
        this.#needsAllLayers ||= before !== undefined
        this.#entriesByPath.set(path, { kind: 'directory', entry, listedFirst: true })
      }
      return
    }
    this.#needsAllLayers ||= before?.kind === 'directory'
    const leaf = entry.type === 'hardlink' ? this.#hardlinkTarget(entry) : { entry, ordinal }
    if (leaf !== undefined) this.#entriesByPath.set(path, { kind: 'leaf', ...leaf })
  }

  /** Returns the target of a hard link; undefined if finding it needs all layers. */
  #hardlinkTarget(entry: TarEntry): Pick<IndexedLeaf, 'entry' | 'ordinal'> | undefined {
    const target = this.#entriesByPath.get(pathOf({ path: entry.linkTarget }))
    if (target?.kind === 'leaf') return target
    this.#needsAllLayers = true
    return undefined
  }

  #makeParents(path: string): void {
    for (let at = path; at !== '' && this.#entriesByPath.get(at)?.kind !== 'directory'; at = parentOf(at)) {
      this.#needsAllLayers ||= this.#entriesByPath.has(at)
      this.#entriesByPath.set(at, { kind: 'directory', entry: undefined, listedFirst: false })
    }
  }

  /** Reports whether a directory and all its parents are listed. */
  #isListed(path: string): boolean {
    for (let at = path; at !== ''; at = parentOf(at)) {
      const node = this.#entriesByPath.get(at)
      if (node?.kind !== 'directory' || !node.listedFirst) return false
    }
    return true
  }

  /**
   * If `path` is below an unlisted directory, records it as uncertain, by each name below the topmost such directory.
   */
  #recordUncertain(path: string): void {
    if (this.isBase || this.#isListed(parentOf(path))) return
    const names = path.split('/')
    let at = ''
    let isLoose = false
    for (const name of names) {
      at = joinPath(at, name)
      if (isLoose) this.#addUncertain(name, at)
      isLoose ||= !this.#isListed(at)
    }
  }

  #addUncertain(name: string, path: string): void {
    if (this.isBase) return
    const paths = this.#uncertainPaths.get(name)
    if (paths === undefined) this.#uncertainPaths.set(name, new Set([path]))
    else paths.add(path)
  }
}

/** A key of `#uncertainPaths` for an opaque whiteout, which may change paths with any name. */
const anyName = ''
