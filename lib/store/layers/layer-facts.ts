/** Descriptions of unpacked layers, before and after they are committed. */
import type { Descriptor, Digest } from '../../image/index.js'
import type { WhiteoutForm } from './layer-record.js'

/** An unpacked layer in the store. */
export interface StoredLayer {
  readonly diffID: Digest
  /** Path of the unpacked tree. Read-only: images share it. */
  readonly rootfs: string
  readonly form: WhiteoutForm
  /** Size of the unpacked layer as a tar archive, in bytes. */
  readonly size: number
  /** The blobs that the layer was unpacked from. */
  readonly blobs: readonly Digest[]
  /** Those of `blobs` that were kept according to the record. They may have been lost since. */
  readonly keptBlobs: readonly Digest[]
  /** Directories of the tree for which the layer has no entry: see `LayerRecord.implied`. Undefined if unknown. */
  readonly implied?: readonly string[]
}

/** A tree to be committed. The caller has verified these values. */
export interface LayerFacts {
  readonly diffID: Digest
  /** The blob that the tree was unpacked from. */
  readonly blob: Descriptor
  /** Whether the blob is kept in the store after the pull. Undefined if unknown. */
  readonly blobKept?: boolean
  /** Size of the unpacked layer as a tar archive, in bytes. */
  readonly size: number
  readonly form: WhiteoutForm
  /** Directories of the tree for which the layer has no entry: see `LayerRecord.implied`. */
  readonly implied?: readonly string[] | undefined
}
