/**
 * Computes the layer that turns what overlayfs shows of the layers of an image into the flattened tree of the image. They
 * differ in directories whose attributes come from lower layers, in whiteouts that hide nothing, and in entries whose
 * parents are links of lower layers.
 */
import type { FlatDirectory, Leaf, TarEntry } from '../../archive/index.js'
import { OverlayDirectory } from './overlay-tree.js'

/** A step that makes a part of a tree. A directory precedes its content. */
export type TreeStep =
  /** A directory with its attributes. */
  | { readonly kind: 'directory'; readonly entry: TarEntry }
  /** Hides `path` of lower layers. */
  | { readonly kind: 'whiteout'; readonly path: string }
  /** A file of the tree of a layer at `path`. */
  | { readonly kind: 'leaf'; readonly path: string; readonly leaf: Leaf }

/** What the steps depend on. */
export interface CorrectionContext {
  /** The owner of directories that no layer lists. */
  readonly owner: Pick<TarEntry, 'uid' | 'gid'>
  /** Trees of the layers, base first. */
  readonly layers: readonly { readonly rootfs: string }[]
}

/**
 * Returns the steps that make the corrections: a root directory, and what differs below it.
 * @param flat the root of the flattened tree
 * @param shown the root of what overlayfs shows; undefined to make the whole tree
 */
export function correctionSteps(
  flat: FlatDirectory,
  shown: OverlayDirectory | undefined,
  context: CorrectionContext,
): TreeStep[] {
  return (
    directorySteps('.', flat, shown, context) ?? [{ kind: 'directory', entry: entryOf('.', flat, context) }]
  )
}

/** Returns the steps for the directory `path` and everything below it; undefined if nothing differs. */
function directorySteps(
  path: string,
  flat: FlatDirectory,
  shown: OverlayDirectory | undefined,
  context: CorrectionContext,
): TreeStep[] | undefined {
  const entry = entryOf(path, flat, context)
  const steps: TreeStep[] = []
  const pathOf = (name: string): string => (path === '.' ? name : `${path}/${name}`)
  for (const name of shown?.children.keys() ?? [])
    if (!flat.children.has(name)) steps.push({ kind: 'whiteout', path: pathOf(name) })
  for (const [name, node] of flat.children) {
    const other = shown?.children.get(name)
    if ('leaf' in node) {
      const { layer, entry: file } = node.leaf
      const isSame =
        other !== undefined &&
        !(other instanceof OverlayDirectory) &&
        other.rootfs === context.layers[layer]?.rootfs &&
        other.path === file.path
      if (!isSame) steps.push({ kind: 'leaf', path: pathOf(name), leaf: node.leaf })
    } else {
      const below = other instanceof OverlayDirectory ? other : undefined
      for (const step of directorySteps(pathOf(name), node, below, context) ?? []) steps.push(step)
    }
  }
  const isRight =
    shown?.top !== undefined &&
    !shown.hasWhiteouts &&
    !shown.showsOverlayXattr &&
    haveSameAttributes(entry, shown.top)
  return isRight && steps.length === 0 ? undefined : [{ kind: 'directory', entry }, ...steps]
}

const noXattrs: ReadonlyMap<string, Buffer> = new Map()

/** Returns an entry with the attributes of a directory of the flattened tree. */
function entryOf(path: string, { entry }: FlatDirectory, { owner }: CorrectionContext): TarEntry {
  const unlisted: TarEntry = {
    ...{ path, type: 'directory', size: 0, mode: 0o755, ...owner, mtime: 0n },
    ...{ linkTarget: '', device: undefined, xattrs: noXattrs, sparse: false },
  }
  return { ...(entry ?? unlisted), path }
}

function haveSameAttributes(a: TarEntry, b: TarEntry): boolean {
  if (a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid || a.mtime !== b.mtime) return false
  if (a.xattrs.size !== b.xattrs.size) return false
  return [...a.xattrs].every(([name, value]) => b.xattrs.get(name)?.equals(value) === true)
}
