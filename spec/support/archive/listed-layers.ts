/** Layers to list, out of entries: as archives that count what is read of them, or all entries at once. */
import { Readable } from 'node:stream'
import { FlatTree } from '../../../lib/archive/listing/flat-tree.js'
import type { LayerReader } from '../../../lib/archive/listing/layer-reader.js'
import { TarLayer } from '../../../lib/archive/listing/tar-layer.js'
import { WindlassError } from '../../../lib/errors.js'
import { digestOf } from '../../../lib/image/index.js'
import { defaultLimits } from '../../../lib/limits.js'
import { type LayerEntry, packEntries } from '../../../lib/testing/images/index.js'
import type { Made } from './scratch.js'

/** An entry as the packer takes it. */
const packed = ({ path, type, mode, linkTarget, content, uid, gid }: Made): LayerEntry => ({
  ...{ path, mode, linkTarget, uid, gid, type: type === 'hardlink' ? 'link' : type },
  ...(content && { content }),
})

export interface CountedLayer {
  readonly reader: TarLayer
  readonly blob: Buffer
  readonly size: number
  /** Bytes that were read, over all passes. */
  readonly read: () => number
  /** How often the blob was opened. */
  readonly opened: () => number
  /** Whether everything that was opened is closed. */
  readonly closed: () => boolean
}

/** A layer out of an uncompressed archive, which comes in pieces of 512 bytes. `served` is what comes instead of it. */
export function tarLayer(entries: readonly Made[], served?: Buffer): CountedLayer {
  const blob = packEntries(entries.map(packed))
  const streams: Readable[] = []
  let read = 0
  const open = (): Promise<Readable> => {
    let at = 0
    const stream = new Readable({
      highWaterMark: 512,
      read() {
        const piece = (served ?? blob).subarray(at, at + 512)
        at += piece.length
        read += piece.length
        this.push(piece.length === 0 ? null : Buffer.from(piece))
      },
    })
    streams.push(stream)
    return Promise.resolve(stream)
  }
  const expected = { digest: digestOf(blob), size: blob.length }
  return {
    reader: new TarLayer({ open, expected, limits: defaultLimits, bytesBefore: () => 0 }),
    blob,
    size: blob.length,
    read: () => read,
    opened: () => streams.length,
    closed: () => streams.every(({ closed }) => closed),
  }
}

/** A layer of which all entries are known, as of one with a table of contents. */
export const knownLayer = (entries: readonly Made[]): LayerReader => ({
  entries,
  complete: true,
  verified: true,
  advance: () => Promise.resolve(),
  content: (ordinal) => ({
    verified: true,
    async *read() {
      yield entries[ordinal]?.content ?? Buffer.alloc(0)
    },
  }),
  close: () => Promise.resolve(),
})

/**
 * Cuts each layer off before the entry that is refused, and gives each file content that names its place. Returns the layers
 * and the tree that they make up.
 */
export function acceptable(layers: readonly (readonly Made[])[]): { layers: Made[][]; tree: FlatTree } {
  const trial = new FlatTree()
  const cut = layers.map((entries, layer) => {
    trial.nextLayer()
    const accepted: Made[] = []
    for (const [ordinal, entry] of entries.entries()) {
      const content = Buffer.from(`layer ${layer}, entry ${ordinal}`)
      const named = entry.type === 'file' ? { ...entry, content, size: content.length } : entry
      if (!isAccepted(trial, named, ordinal)) break
      accepted.push(named)
    }
    return accepted
  })
  // An entry that is refused may have left directories behind.
  const tree = new FlatTree()
  for (const entries of cut) {
    tree.nextLayer()
    for (const [ordinal, entry] of entries.entries()) tree.apply(entry, ordinal)
  }
  return { layers: cut, tree }
}

function isAccepted(tree: FlatTree, entry: Made, ordinal: number): boolean {
  try {
    tree.apply(entry, ordinal)
    return true
  } catch (error) {
    if (error instanceof WindlassError && error.code === 'LAYER_INVALID') return false
    throw error
  }
}
