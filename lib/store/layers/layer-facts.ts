/** What there is to say of an unpacked layer: when it is committed, and once it is in the store. */
import type { Descriptor, Digest } from '../../image/index.js'
import type { WhiteoutForm } from './layer-record.js'

/** An unpacked layer that is in the store. */
export interface StoredLayer {
  readonly diffID: Digest
  /** Path of the unpacked tree. Read it, never write to it: other images share it. */
  readonly rootfs: string
  readonly form: WhiteoutForm
  /** Bytes of the unpacked layer, as a tar. */
  readonly size: number
  /** The blobs that it came from. */
  readonly blobs: readonly Digest[]
  /** Directories of the tree that the layer does not list: see `LayerRecord`. Undefined where that is not known. */
  readonly implied?: readonly string[]
}

/** What there is to say of a tree that is to be committed. Whoever says it has verified it. */
export interface LayerFacts {
  readonly diffID: Digest
  /** What it was unpacked from. */
  readonly blob: Descriptor
  /** Bytes of the unpacked layer, as a tar. */
  readonly size: number
  readonly form: WhiteoutForm
  /** Directories of the tree that the layer does not list: see `LayerRecord`. */
  readonly implied?: readonly string[] | undefined
}
