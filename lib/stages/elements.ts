/**
 * What travels between the stages of a pull, from an image's name to a committed image.
 * Each element is the one before it and what its stage has found out.
 */
import type { UnpackResult, WhiteoutForm } from '../archive/index.js'
import type {
  Descriptor,
  Digest,
  ImageConfig,
  ImageIndex,
  ImageManifest,
  ImageSource,
  ManifestDocument,
  Platform,
  Schema1Conversion,
  Schema1Image,
  SignatureReport,
  SignatureState,
} from '../image/index.js'
import type { Limits } from '../limits.js'
import type { StagedLayer } from '../store/index.js'
import type { Deferred } from '../flow/lifetime/deferred.js'
import type { ArrivingLayer, EnsuredLayer, PlannedLayer } from '../transfer/elements.js'

/** An image to pull: what it is called, who serves it, and for which platform. */
export interface ImageRequest {
  /** The normalised name: `docker.io/library/alpine:3.20`. */
  readonly name: string
  /** The name as the user wrote it. */
  readonly typed: string
  /** What the source is asked for: the digest if the name has one, else the tag. */
  readonly target: string
  /** The digest that the bytes must have, where the name gives one. */
  readonly digest: Digest | undefined
  readonly source: ImageSource
  readonly platform: Platform
  /** How much the image may ask for; the defaults, unless said otherwise. */
  readonly limits?: Limits
}

/** A manifest of any kind, verified, and the indexes that led to it. */
export interface Resolved<Document extends ManifestDocument = ManifestDocument> {
  readonly request: ImageRequest
  readonly document: Document
  /** The indexes passed on the way, outermost first. */
  readonly trail: readonly IndexDocument[]
}

export type IndexDocument = ManifestDocument & { readonly kind: 'index'; readonly index: ImageIndex }
export type ImageDocument = ManifestDocument & { readonly kind: 'image'; readonly manifest: ImageManifest }
export type Schema1Document = Extract<ManifestDocument, { readonly kind: 'schema1' }>

/** A schema 1 manifest that keeps the rules. */
export type ReadSchema1Document = Schema1Document & {
  readonly image: Schema1Image
  readonly signed: SignatureReport
}

/** A schema 1 image that can be pulled: it has no config until its layers are here. */
export type Schema1ImageDocument = ReadSchema1Document & {
  /** Base first. The sizes are the source's word, unverified until the bytes are here. */
  readonly layers: readonly Descriptor[]
  /** What it was converted to when it was pulled before, where the store still has that. */
  readonly known: Schema1Conversion | undefined
}

/** What a pull can bring. */
export type PullableDocument = ImageDocument | Schema1ImageDocument

/** The config, verified against its digest and against the manifest's layers. */
export interface ConfigDocument {
  readonly bytes: Buffer
  readonly config: ImageConfig
  readonly diffIDs: readonly Digest[]
}

/** An image whose config is to follow. */
export interface AwaitingConfig extends Resolved<ImageDocument | Schema1Document> {
  readonly config: Deferred<ConfigDocument>
}

/** An image, and what is here and what is missing of it. */
export interface PlannedImage extends Resolved<PullableDocument> {
  readonly layers: readonly PlannedLayer[]
  /** Requested together with the layers; of a schema 1 image, made after them. */
  readonly config: Deferred<ConfigDocument>
  /** Whether the name already pointed at this, with everything here. */
  readonly upToDate: boolean
}

/** A layer whose blob is verified and whose tree stands in the staging area, its diffID verified. */
export interface UnpackedLayer extends ArrivingLayer {
  readonly staged: StagedLayer
  readonly unpacked: UnpackResult
  readonly form: WhiteoutForm
}

/** An image all of whose layers are in the store. */
export interface WholeImage extends PlannedImage {
  readonly ensured: readonly EnsuredLayer[]
}

/** An image all of whose layers are in the store, with a manifest and a config of today. */
export interface FinishedImage extends Omit<WholeImage, 'document'> {
  readonly document: ImageDocument
  /** The schema 1 manifest that they were made of. */
  readonly original: Schema1ImageDocument | undefined
}

/** A layer of an image that was pulled, in its place. */
export interface PulledLayer {
  readonly digest: Digest
  readonly diffID: Digest
  readonly mediaType: string
  /** Compressed bytes. */
  readonly size: number
  /** The unpacked tree; none in a pull that does not unpack. */
  readonly rootfs: string | undefined
}

/** What a pull gives: an image that is in the store, whole. */
export interface PulledImage {
  readonly name: string
  /** Digest of what the name points at: the index's, if it is an index. */
  readonly digest: Digest
  readonly mediaType: string
  readonly platform: string
  /** Digest of the config. */
  readonly imageId: Digest
  /** Digest of the image's own manifest; of a schema 1 image, of the one that it was converted to. */
  readonly manifestDigest: Digest
  /** Of a schema 1 manifest alone: what became of its signatures. */
  readonly signatures?: SignatureState
  /** Compressed bytes of all layers. */
  readonly size: number
  /** Whether anything came that was not here under this name. */
  readonly status: 'newer' | 'up-to-date'
  readonly config: ImageConfig
  /** Base first; a layer that stands twice is listed twice. */
  readonly layers: readonly PulledLayer[]
}
