/** The states of a layer on its way into the store, from the descriptor in a manifest to the stored layer. */
import type { GrowingFile } from '../bytes/index.js'
import type { Control } from '../flow/index.js'
import type { Descriptor, Digest, DigestAlgorithm, ImageSource } from '../image/index.js'
import type { PartialDownload, StoredLayer } from '../store/index.js'

/** How a layer gets into the store: it is already there, its partial download is resumed, or it is downloaded. */
export type LayerAction = 'exists' | 'resume' | 'download'

/** One distinct layer of an image. `positions` are the indexes in the manifest at which it occurs. */
export interface PlannedLayer {
  readonly descriptor: Descriptor
  readonly positions: readonly number[]
  readonly action: LayerAction
  /** Compressed bytes that are already in the store. */
  readonly offset: number
  /** What the store has of a layer that `exists`. If undefined, the store is asked again. */
  readonly found?: FoundLayer | undefined
}

/** A layer that was in the store when the pull was planned. */
export interface FoundLayer {
  /** The unpacked layer; undefined in a pull that does not unpack. */
  readonly stored: StoredLayer | undefined
  /** Whether the store has the compressed blob too. */
  readonly hasBlob: boolean
}

/** A layer to put into the store, and the source to fetch it from. */
export interface LayerTask extends PlannedLayer {
  readonly source: ImageSource
  /** The diffID that the config expects; undefined for a schema 1 image, which has no config yet. */
  readonly diffID: Promise<Digest> | undefined
  /** Pauses the work on the layer, and sets its priority. */
  readonly control?: Control | undefined
  /** Identifies the pull, so that pulls share downloads and threads fairly (see `ActorOptions.group`). */
  readonly group?: object | undefined
}

/** A layer whose download several pulls may share. */
export interface SharedLayerTask extends LayerTask {
  /** Resolves if one of the waiting pulls expects this diffID; rejects if none does. */
  confirm(diffID: Digest): Promise<void>
  /** Digest algorithm of the diffID that a waiting pull expects; undefined if no pull knows its diffID yet. */
  algorithm?(): DigestAlgorithm | undefined
}

/** A layer whose bytes are in a file. The file may still grow; it can be read meanwhile. */
export interface ArrivingLayer extends SharedLayerTask {
  /** Path of the file that holds the blob. */
  readonly path: string
  /** The download in progress; undefined if the blob was already in the store. */
  readonly arriving: Arriving | undefined
}

/** A download in progress: the growing file and the partial download that it belongs to. */
export interface Arriving {
  readonly file: GrowingFile
  readonly partial: PartialDownload
}

/** A layer that is in the store, whether it was downloaded or was already there. */
export interface EnsuredLayer {
  readonly task: LayerTask
  /** The unpacked layer, with the path of its tree in `rootfs`; undefined in a pull that does not unpack. */
  readonly stored: StoredLayer | undefined
  /** Path of the compressed blob in the store; undefined if the store does not keep it. */
  readonly blobPath: string | undefined
}
