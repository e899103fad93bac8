/**
 * The values that pass between the stages of a pull, from the name of an image to the committed image. Each adds the
 * result of one stage to the value before it.
 */
import type { UnpackResult, WhiteoutForm } from '../archive/index.js'
import type {
  Descriptor,
  Digest,
  ImageConfig,
  ImageDocument,
  ImageSource,
  IndexDocument,
  ManifestDocument,
  Platform,
  Schema1Conversion,
  Schema1Document,
  Schema1Image,
  SignatureReport,
  SignatureState,
} from '../image/index.js'
import type { Limits } from '../limits.js'
import type { StagedLayer } from '../store/index.js'
import type { Control } from '../flow/index.js'
import type { Deferred } from '../flow/flows/deferred.js'
import type { ArrivingLayer, EnsuredLayer, PlannedLayer } from '../transfer/elements.js'

export type { ImageDocument, IndexDocument, Schema1Document }

/** An image to pull: its name, its source and the wanted platform. */
export interface ImageRequest {
  /** The normalised name: `docker.io/library/alpine:3.20`. */
  readonly name: string
  /** The name as the user wrote it. */
  readonly typed: string
  /** The tag or digest to request from the source: the digest if the name has one, otherwise the tag. */
  readonly target: string
  /** The expected digest of the manifest; undefined if the name has none. */
  readonly digest: Digest | undefined
  readonly source: ImageSource
  readonly platform: Platform
  /** Limits of this pull; the defaults if omitted. */
  readonly limits?: Limits
  /** Pauses the pull, and sets its priority. Without it, the pull is never paused and has priority 0. */
  readonly control?: Control
}

/** A verified manifest of any kind (`document`), and the indexes through which it was found. */
export interface Resolved<Document extends ManifestDocument = ManifestDocument> {
  readonly request: ImageRequest
  readonly document: Document
  /** The nested indexes that contain the document, outermost first. Empty if the name refers to the document itself. */
  readonly parentIndexes: readonly IndexDocument[]
}

/** A schema 1 manifest that has been parsed and validated, and whose signatures have been checked. */
export type ReadSchema1Document = Schema1Document & {
  readonly image: Schema1Image
  readonly signed: SignatureReport
}

/** A schema 1 image whose layer sizes are known. Its config is created after its layers are in the store. */
export type Schema1ImageDocument = ReadSchema1Document & {
  /** Base first. The sizes come from the source and are not verified before the download. */
  readonly layers: readonly Descriptor[]
  /** The result of an earlier conversion to an OCI image; undefined if the store does not have it. */
  readonly previousConversion: Schema1Conversion | undefined
}

/** The documents that a pull can process. */
export type PullableDocument = ImageDocument | Schema1ImageDocument

/** A config, verified against its digest and the layers of the manifest. `diffIDs`: base layer first. */
export interface ConfigDocument {
  readonly bytes: Buffer
  readonly config: ImageConfig
  readonly diffIDs: readonly Digest[]
}

/** A manifest whose config is being fetched. */
export interface AwaitingConfig extends Resolved<ImageDocument | Schema1Document> {
  readonly config: Deferred<ConfigDocument>
}

/** An image, and for each of its layers whether it is in the store. */
export interface PlannedImage extends Resolved<PullableDocument> {
  readonly layers: readonly PlannedLayer[]
  /** Fetched concurrently with the layers; for a schema 1 image, created after them. */
  readonly config: Deferred<ConfigDocument>
  /** Whether the name already refers to this image and all its parts are in the store. */
  readonly upToDate: boolean
}

/** A layer whose blob and diffID are verified and whose tree is in the staging area. */
export interface UnpackedLayer extends ArrivingLayer {
  readonly staged: StagedLayer
  readonly unpacked: UnpackResult
  readonly form: WhiteoutForm
}

/** An image whose layers are all in the store. */
export interface WholeImage extends PlannedImage {
  readonly ensured: readonly EnsuredLayer[]
}

/** An image whose layers are all in the store, with an image manifest and a config. */
export interface FinishedImage extends Omit<WholeImage, 'document'> {
  readonly document: ImageDocument
  /** The schema 1 manifest that `document` was converted from; undefined for other images. */
  readonly original: Schema1ImageDocument | undefined
}

/** A layer of a pulled image, at its position. */
export interface PulledLayer {
  readonly digest: Digest
  readonly diffID: Digest
  readonly mediaType: string
  /** Compressed bytes. */
  readonly size: number
  /** Path of the unpacked tree; undefined in a pull that does not unpack. */
  readonly rootfs: string | undefined
}

/** Result of a pull: an image that is complete in the store. */
export interface PulledImage {
  readonly name: string
  /** Digest of the document that the name refers to: that of the index, if there is one. */
  readonly digest: Digest
  readonly mediaType: string
  readonly platform: string
  /** Digest of the config. */
  readonly imageId: Digest
  /** Digest of the image manifest; for a schema 1 image, of the manifest that it was converted to. */
  readonly manifestDigest: Digest
  /** State of the signatures; set for schema 1 images only. */
  readonly signatures?: SignatureState
  /** Total compressed size of the layers in bytes. */
  readonly size: number
  /** `up-to-date` if the store already had this image under this name, otherwise `newer`. */
  readonly status: 'newer' | 'up-to-date'
  readonly config: ImageConfig
  /** Base first. A layer that occurs more than once is listed at each position. */
  readonly layers: readonly PulledLayer[]
}
