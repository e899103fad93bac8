/** A layer on its way into the store, from what a manifest says of it to what is there. */
import type { GrowingFile } from '../bytes/index.js'
import type { Descriptor, Digest, DigestAlgorithm, ImageSource } from '../image/index.js'
import type { Partial, StoredLayer } from '../store/index.js'

/** Where a layer's bytes will come from. */
export type LayerAction = 'exists' | 'resume' | 'download'

/** One distinct layer of an image; `positions` are the places where it stands. */
export interface PlannedLayer {
  readonly descriptor: Descriptor
  readonly positions: readonly number[]
  readonly action: LayerAction
  /** Compressed bytes that are here. */
  readonly offset: number
}

/** A layer to bring into the store. */
export interface LayerTask extends PlannedLayer {
  readonly source: ImageSource
  /** What the config says of the unpacked bytes; undefined where no config says anything (schema 1). */
  readonly diffID: Promise<Digest> | undefined
}

/** A layer that several pulls may be waiting for. */
export interface SharedLayerTask extends LayerTask {
  /** Settles when one of the pulls that wait expects this diffID; fails when none does. */
  confirm(diffID: Digest): Promise<void>
  /** What one of them expects it to be computed by, as far as that is known yet. */
  algorithm?(): DigestAlgorithm | undefined
}

/** A layer whose bytes are in a file, or come into it and may be read from its start meanwhile. */
export interface ArrivingLayer extends SharedLayerTask {
  /** Where its bytes are. */
  readonly path: string
  /** The download; none where the blob was in the store already. */
  readonly arriving: Arriving | undefined
}

/** A download under way, and its place in the store. */
export interface Arriving {
  readonly file: GrowingFile
  readonly partial: Partial
}

/** A layer that is in the store, whoever brought it. */
export interface EnsuredLayer {
  readonly task: LayerTask
  /** Its unpacked form; none in a pull that does not unpack. */
  readonly stored: StoredLayer | undefined
}
