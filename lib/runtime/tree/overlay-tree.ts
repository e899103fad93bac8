/**
 * A model of what overlayfs shows of the trees of layers (Linux, Documentation/filesystems/overlayfs.rst), from which the
 * differences to the flattened tree of an image are computed.
 */
import { opaqueName, type TarEntry, whiteoutOf } from '../../archive/index.js'

/** A file that is not a directory. Two of them are the same file if root and path are equal. */
export interface OverlayLeaf {
  /** Root of the tree of its layer. */
  readonly rootfs: string
  /** The first path, in byte order, of the file in the tree of its layer. */
  readonly path: string
}

/** A directory. */
export class OverlayDirectory {
  readonly children = new Map<string, OverlayDirectory | OverlayLeaf>()
  /** The directory of the topmost layer, which determines the attributes; undefined for the root of no layer. */
  top: TarEntry | undefined
  /**
   * Whether a layer has whiteouts in it. If the directory is in that layer only, overlayfs does not merge it, and lists
   * the whiteouts as names that cannot be opened.
   */
  hasWhiteouts = false
  /** Whether the topmost directory has an attribute of overlayfs that this mount shows instead of using it. */
  showsOverlayXattr = false
}

/** The entries of the tree of a layer: as `readLayerDirectory` emits them, with the directories that the layer implies. */
export interface LayerEntries {
  /** Root of the tree. */
  readonly rootfs: string
  readonly entries: readonly TarEntry[]
  /** Whether whiteouts are files, so that overlayfs shows them. */
  readonly whiteoutsAreFiles: boolean
  /** Paths of opaque directories with an attribute that this mount shows. */
  readonly shownOpaque: ReadonlySet<string>
}

interface Whiteouts {
  readonly names: { readonly parent: string; readonly name: string }[]
  readonly opaque: string[]
}

/** The merged trees of layers. */
export class OverlayTree {
  readonly root = new OverlayDirectory()

  /** Puts a layer on top. */
  addLayer({ rootfs, entries, whiteoutsAreFiles, shownOpaque }: LayerEntries): void {
    const { names, opaque } = whiteoutsIn(entries)
    // Whiteouts hide lower layers only, so they are applied before the entries of this layer.
    for (const path of opaque) {
      const directory = this.#find(path)
      directory?.children.clear()
      if (directory) directory.hasWhiteouts = false
    }
    for (const { parent, name } of names) this.#find(parent)?.children.delete(name)
    for (const entry of entries)
      if (whiteoutsAreFiles || whiteoutOf(nameOf(entry.path), entry.path) === undefined)
        this.#add(entry, rootfs)
    if (!whiteoutsAreFiles)
      for (const { parent } of names) {
        const directory = this.#find(parent)
        if (directory) directory.hasWhiteouts = true
      }
    for (const path of shownOpaque) {
      const directory = this.#find(path)
      if (directory) directory.showsOverlayXattr = true
    }
  }

  #add(entry: TarEntry, rootfs: string): void {
    if (entry.path === '.') {
      this.#setTop(this.root, entry)
      return
    }
    const parent = this.#find(parentOf(entry.path))
    const name = nameOf(entry.path)
    // A tree lists a directory before its content.
    if (parent === undefined) return
    if (entry.type !== 'directory') {
      const path = entry.type === 'hardlink' ? entry.linkTarget : entry.path
      parent.children.set(name, { rootfs, path })
      return
    }
    const known = parent.children.get(name)
    const directory = known instanceof OverlayDirectory ? known : new OverlayDirectory()
    parent.children.set(name, directory)
    this.#setTop(directory, entry)
  }

  #setTop(directory: OverlayDirectory, entry: TarEntry): void {
    directory.top = entry
    directory.showsOverlayXattr = false
  }

  #find(path: string): OverlayDirectory | undefined {
    let at: OverlayDirectory = this.root
    if (path === '' || path === '.') return at
    for (const name of path.split('/')) {
      const next = at.children.get(name)
      if (!(next instanceof OverlayDirectory)) return undefined
      at = next
    }
    return at
  }
}

/** Returns the whiteouts among entries. The root is `''`. */
export function whiteoutsIn(entries: readonly TarEntry[]): Whiteouts {
  const found: Whiteouts = { names: [], opaque: [] }
  for (const { path } of entries) {
    const whiteout = path === '.' ? undefined : whiteoutOf(nameOf(path), path)
    if (whiteout?.kind === 'opaque') found.opaque.push(parentOf(path))
    else if (whiteout?.kind === 'name') found.names.push({ parent: parentOf(path), name: whiteout.name })
  }
  return found
}

/** Reports whether `path` is that of an opaque whiteout, and returns its directory; undefined for other paths. */
export const opaqueDirectoryOf = (path: string): string | undefined =>
  nameOf(path) === opaqueName ? parentOf(path) : undefined

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))
