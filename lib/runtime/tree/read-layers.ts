/** Reads the trees of the layers of an image into the flattened tree and into the model of overlayfs. */
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import {
  type EntryHandler,
  FlatTree,
  isOverlayXattr,
  latin1Of,
  readLayerDirectory,
  type TarEntry,
  type WhiteoutForm,
} from '../../archive/index.js'
import { listXattrs, systemCallsAvailable } from '../../system/index.js'
import { opaqueDirectoryOf, OverlayTree } from './overlay-tree.js'

/** The tree of a layer in the store. */
export interface LayerTreeSource {
  readonly rootfs: string
  readonly form: WhiteoutForm
  /** Directories without an entry in the layer: see `StoredLayer.implied`. */
  readonly implied?: readonly string[] | undefined
}

/** The prefix of the attributes that a mount uses: `user.overlay.` with the mount option `userxattr`. */
export type OverlayXattrs = 'trusted.overlay.' | 'user.overlay.'

/** The trees of an image. */
export interface ImageTrees {
  readonly flat: FlatTree
  readonly overlay: OverlayTree
  /**
   * For each layer, base first, the whiteouts that overlayfs does not recognize in its tree. They are repeated in a layer
   * below it.
   */
  readonly masks: readonly (readonly TarEntry[])[]
  /** Position of the lowest layer of which anything is visible: of the last one that hides everything below it. */
  readonly lowest: number
}

/** Number of entries between two turns of the event loop. */
const entriesPerTurn = 2_000

/**
 * Reads all trees, base first. The content of files is not read.
 * @throws WindlassError STORE_* when a tree cannot be read; LAYER_INVALID when the layers do not fit together; the reason
 * of `signal`
 */
export async function readLayers(
  layers: readonly LayerTreeSource[],
  xattrs: OverlayXattrs,
  signal?: AbortSignal,
): Promise<ImageTrees> {
  const flat = new FlatTree()
  const overlay = new OverlayTree()
  const masks: (readonly TarEntry[])[] = []
  let lowest = 0
  for (const [index, { rootfs, form, implied = [] }] of layers.entries()) {
    const entries = await entriesOf(rootfs, signal)
    const unlisted = new Set(implied)
    flat.nextLayer()
    for (const [ordinal, entry] of entries.entries())
      if (entry.type !== 'directory' || !unlisted.has(entry.path)) flat.apply(entry, ordinal)
    // Overlayfs takes a directory only once. Of a layer that occurs again above, nothing would be visible.
    if (isRepeated(layers, index)) {
      masks.push([])
      continue
    }
    const opaque = entries.filter(({ path }) => opaqueDirectoryOf(path) !== undefined)
    // Overlayfs merges the roots of all layers, also below an opaque one.
    if (opaque.some(({ path }) => opaqueDirectoryOf(path) === '')) lowest = index
    const foreign = form === 'aufs' ? [] : opaque.filter((entry) => !isRecognized(rootfs, entry.path, xattrs))
    const shown = form === 'aufs' ? [] : opaque.filter((entry) => hasShownXattr(rootfs, entry.path, xattrs))
    overlay.addLayer({
      ...{ rootfs, entries },
      whiteoutsAreFiles: form === 'aufs',
      shownOpaque: new Set(shown.map(({ path }) => opaqueDirectoryOf(path) ?? '')),
    })
    masks.push(form === 'aufs' ? entries.filter(isWhiteoutFile) : foreign)
  }
  return { flat, overlay, masks, lowest }
}

/** Reports whether the same tree occurs again above the layer at `index`. */
export const isRepeated = (layers: readonly LayerTreeSource[], index: number): boolean =>
  layers.findLastIndex(({ rootfs }) => rootfs === layers[index]?.rootfs) !== index

async function entriesOf(rootfs: string, signal: AbortSignal | undefined): Promise<TarEntry[]> {
  const entries: TarEntry[] = []
  const handler: EntryHandler = {
    entry: (entry) => void entries.push(entry),
    data: () => undefined,
    end: () => undefined,
  }
  const reading = readLayerDirectory(rootfs, handler, [], false)
  try {
    for (let steps = 1; reading.next().done !== true; steps++) {
      if (steps % entriesPerTurn !== 0) continue
      await setImmediate()
      signal?.throwIfAborted()
    }
  } finally {
    // Restores the modes of directories that are open.
    reading.return()
  }
  return entries
}

const isWhiteoutFile = ({ path }: TarEntry): boolean => /(?:^|\/)\.wh\.[^/]*$/.test(path)

/** Returns the attributes of overlayfs that an opaque directory has. `path` is that of its whiteout. */
function overlayXattrsOf(rootfs: string, path: string): string[] {
  if (!systemCallsAvailable()) return []
  const at = join(latin1Of(rootfs), opaqueDirectoryOf(path) ?? '')
  return listXattrs(Buffer.from(at, 'latin1')).filter(isOverlayXattr)
}

const isRecognized = (rootfs: string, path: string, xattrs: OverlayXattrs): boolean =>
  overlayXattrsOf(rootfs, path).includes(`${xattrs}opaque`)

const hasShownXattr = (rootfs: string, path: string, xattrs: OverlayXattrs): boolean =>
  overlayXattrsOf(rootfs, path).some((name) => !name.startsWith(xattrs))
