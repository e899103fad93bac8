/** The states of a layer on its way into the store, from the descriptor in a manifest to the stored layer. */
import type { GrowingFile } from '../bytes/index.js'
import type { Descriptor, Digest, DigestAlgorithm, ImageSource } from '../image/index.js'
import type { Partial, StoredLayer } from '../store/index.js'

/** How a layer gets into the store: it is already there, its partial download is resumed, or it is downloaded. */
export type LayerAction = 'exists' | 'resume' | 'download'

/** One distinct layer of an image. `positions` are the indexes in the manifest at which it occurs. */
export interface PlannedLayer {
  readonly descriptor: Descriptor
  readonly positions: readonly number[]
  readonly action: LayerAction
  /** Compressed bytes that are already in the store. */
  readonly offset: number
}

/** A layer to put into the store, and the source to fetch it from. */
export interface LayerTask extends PlannedLayer {
  readonly source: ImageSource
  /** The diffID that the config expects; undefined for a schema 1 image, which has no config yet. */
  readonly diffID: Promise<Digest> | undefined
  /** Stands for the pull: the layers of all pulls share downloads and threads fairly (`ActorOptions.group`). */
  readonly group?: object | undefined
}

/** A layer that several pulls may be waiting for. */
export interface SharedLayerTask extends LayerTask {
  /** Resolves when one of the waiting pulls expects this diffID; rejects when none does. */
  confirm(diffID: Digest): Promise<void>
  /** Digest algorithm of the diffID that a waiting pull expects; undefined if no pull knows its diffID yet. */
  algorithm?(): DigestAlgorithm | undefined
}

/** A layer whose bytes are in a file. The file may still grow and can be read from its start meanwhile. */
export interface ArrivingLayer extends SharedLayerTask {
  /** Path of the file that holds the blob. */
  readonly path: string
  /** The download in progress; undefined if the blob was already in the store. */
  readonly arriving: Arriving | undefined
}

/** A download in progress: the growing file and the partial download that it belongs to. */
export interface Arriving {
  readonly file: GrowingFile
  readonly partial: Partial
}

/** A layer that is in the store, whether it was downloaded or was already there. */
export interface EnsuredLayer {
  readonly task: LayerTask
  /** The unpacked layer, with the path of its tree in `rootfs`; undefined in a pull that does not unpack. */
  readonly stored: StoredLayer | undefined
  /** Path of the compressed blob in the store; undefined if the store does not keep it. */
  readonly blobPath: string | undefined
}
