/**
 * Indexes the entries of one layer by path, and detects where the layers below decide what an entry means: a directory that
 * this layer does not list may be a link in a lower layer, and then its entries are somewhere else.
 */
import { layerPath, checkNameLength } from '../rootfs/layer-path.js'
import { isForeignDevice, isWhiteoutDevice } from '../rootfs/skipped-device.js'
import type { TarEntry } from '../tar/entry.js'
import { isBelowWhiteout, whiteoutOf } from '../whiteouts/name.js'
import { joinPath, parentOf, pathOf } from './entry-path.js'

/** An entry of the layer that is not a directory. */
export interface OwnLeaf {
  readonly kind: 'leaf'
  /** The entry with the content and the attributes: for a hard link, its target. */
  readonly entry: TarEntry
  /** Position of that entry in the layer. */
  readonly ordinal: number
  /** Position of the entry with this path. For a hard link, it differs from `ordinal`. */
  readonly named: number
}

/** A directory of the layer. */
export interface OwnDirectory {
  readonly kind: 'directory'
  /** The entry that lists it. */
  entry: TarEntry | undefined
  /** Whether it was listed before anything in it. If not, a lower layer may have a link there, which is followed. */
  readonly listedFirst: boolean
}

/** What the layer has at a path. */
export type Own = OwnLeaf | OwnDirectory | undefined

/** An index of the entries of one layer, which grows while the layer is read. */
export class LayerIndex {
  readonly #entriesByPath = new Map<string, OwnLeaf | OwnDirectory>()
  readonly #hidden = new Set<string>()
  readonly #opaque = new Set<string>()
  /** Paths in unlisted directories, by name: if a lower layer has a link there, these entries are somewhere else. */
  readonly #loose = new Map<string, Set<string>>()
  #irregular = false
  #count = 0

  /** @param isBase whether no layer is below, so that unlisted directories are just directories */
  constructor(private readonly isBase: boolean) {}

  /** Number of entries so far. */
  get count(): number {
    return this.#count
  }

  /** Whether the layer has an entry whose meaning depends on all layers. */
  get irregular(): boolean {
    return this.#irregular
  }

  /** Returns what the layer has at a normalized path. */
  at(path: string): Own {
    return this.#entriesByPath.get(path)
  }

  /** Reports whether the layer hides what lower layers have at `path`, or, for a directory, in it. */
  hidesLower(path: string): boolean {
    return this.#hidden.has(path) || this.#opaque.has(path)
  }

  /** Reports whether the layer hides what lower layers have in the directory `path`. */
  isOpaque(path: string): boolean {
    return this.#opaque.has(path)
  }

  /**
   * Reports whether an entry in an unlisted directory may change `path` through a link of a lower layer. The caller checks
   * the entries of `path` itself and of its parents.
   */
  mayReach(path: string): boolean {
    if (this.#loose.size === 0) return false
    if (this.#loose.has(anyName)) return true
    return path
      .split('/')
      .some((name) =>
        [...(this.#loose.get(name) ?? [])].some((other) => other !== path && !path.startsWith(`${other}/`)),
      )
  }

  /** Adds the next entry. @throws WindlassError LAYER_INVALID when no tree can contain it */
  add(entry: TarEntry): void {
    const ordinal = this.#count++
    const place = layerPath(entry.path)
    if (place === undefined) {
      if (entry.type !== 'directory') this.#irregular = true
      return
    }
    const { parent, name } = place
    if (isBelowWhiteout(parent)) return
    const whiteout = whiteoutOf(name, entry.path)
    if (whiteout === undefined) {
      if (isForeignDevice(entry) || isWhiteoutDevice(entry)) return
      checkNameLength(name, entry.path)
      this.#make(entry, ordinal, parent, joinPath(parent, name))
    } else if (whiteout.kind === 'opaque') {
      if (!this.#isListed(parent)) this.#addLoose(anyName, parent)
      this.#opaque.add(parent)
    } else if (whiteout.kind === 'name') {
      const path = joinPath(parent, whiteout.name)
      this.#noteLoose(path)
      this.#hidden.add(path)
    }
  }

  #make(entry: TarEntry, ordinal: number, parent: string, path: string): void {
    this.#noteLoose(path)
    this.#makeParents(parent)
    const before = this.#entriesByPath.get(path)
    if (entry.type === 'directory') {
      if (before?.kind === 'directory') before.entry = entry
      else {
        this.#irregular ||= before !== undefined
        this.#entriesByPath.set(path, { kind: 'directory', entry, listedFirst: true })
      }
      return
    }
    this.#irregular ||= before?.kind === 'directory'
    const leaf = entry.type === 'hardlink' ? this.#hardlinkTarget(entry) : { entry, ordinal }
    if (leaf !== undefined) this.#entriesByPath.set(path, { kind: 'leaf', ...leaf, named: ordinal })
  }

  /** Returns the target of a hard link. One that is not a file of this layer, or is reached through a link, needs all layers. */
  #hardlinkTarget(entry: TarEntry): Pick<OwnLeaf, 'entry' | 'ordinal'> | undefined {
    const target = this.#entriesByPath.get(pathOf({ path: entry.linkTarget }))
    if (target?.kind === 'leaf') return target
    this.#irregular = true
    return undefined
  }

  #makeParents(path: string): void {
    for (let at = path; at !== '' && this.#entriesByPath.get(at)?.kind !== 'directory'; at = parentOf(at)) {
      this.#irregular ||= this.#entriesByPath.has(at)
      this.#entriesByPath.set(at, { kind: 'directory', entry: undefined, listedFirst: false })
    }
  }

  /** Reports whether a directory and all its parents are listed. */
  #isListed(path: string): boolean {
    for (let at = path; at !== ''; at = parentOf(at)) {
      const own = this.#entriesByPath.get(at)
      if (own?.kind !== 'directory' || !own.listedFirst) return false
    }
    return true
  }

  /** Records the names of `path` below its topmost unlisted directory. */
  #noteLoose(path: string): void {
    if (this.isBase || this.#isListed(parentOf(path))) return
    const names = path.split('/')
    let at = ''
    let isLoose = false
    for (const name of names) {
      at = joinPath(at, name)
      if (isLoose) this.#addLoose(name, at)
      isLoose ||= !this.#isListed(at)
    }
  }

  #addLoose(name: string, path: string): void {
    if (this.isBase) return
    const paths = this.#loose.get(name)
    if (paths === undefined) this.#loose.set(name, new Set([path]))
    else paths.add(path)
  }
}

/** A key of `#loose` that stands for every name. */
const anyName = ''
