/** The values that travel along the line of a copy. */
import type { Descriptor, Digest, ImageSink, ImageSource } from '../../image/index.js'

/** Where a copy goes. */
export interface CopyTarget {
  /** Normalised name of the target: `registry.example/app:1`, `oci:DIR:NAME`. */
  readonly name: string
  readonly sink: ImageSink
  /** Tag, or name in a layout, that is to point at the copy; undefined to write it without one. */
  readonly tag?: string | undefined
  /** Digest that the copy must have. */
  readonly digest?: Digest | undefined
}

/** A manifest or an index to write, byte for byte. */
export interface ManifestNode {
  readonly descriptor: Descriptor
  readonly bytes: Buffer
  /** The blobs that it refers to and that the target must have. */
  readonly blobs: readonly Descriptor[]
  /** Layers that their publisher alone distributes: a target need not have them, and they are not copied. */
  readonly foreign: readonly Descriptor[]
  /** 0 for an image; for an index, one more than the highest of its children. Children are written first. */
  readonly height: number
}

/** What is to be done for a copy. */
export interface CopyPlan {
  /** Normalised name of the source. */
  readonly from: string
  readonly source: ImageSource
  readonly target: CopyTarget
  /** What the name of the target is to point at. */
  readonly root: ManifestNode
  /** All other manifests, children before parents, without those that the target has. */
  readonly manifests: readonly ManifestNode[]
  /** The blobs of all manifests, each once. */
  readonly blobs: readonly Descriptor[]
  /** Whether the tag pointed at the root before the copy. */
  readonly tagged: boolean
}

/** A blob to copy. */
export interface BlobTask {
  readonly descriptor: Descriptor
  readonly source: ImageSource
  readonly sink: ImageSink
}

/** What became of a blob: it was sent, taken by the target from another repository, or there before. */
export type BlobOutcome = 'copied' | 'mounted' | 'exists'

/** A blob that the target has. */
export interface CopiedBlob {
  readonly descriptor: Descriptor
  readonly outcome: BlobOutcome
}

/** A plan whose blobs the target has. */
export interface CopiedBlobs extends CopyPlan {
  readonly copied: readonly CopiedBlob[]
}

/** Result of a copy. */
export interface CopiedImage {
  /** Normalised name of the source. */
  readonly from: string
  /** Normalised name of the target. */
  readonly name: string
  /** Digest of the manifest or index that was copied; the same at both places. */
  readonly digest: Digest
  readonly mediaType: string
  /** `up-to-date` if the target had all of it under this name, otherwise `newer`. */
  readonly status: 'newer' | 'up-to-date'
  /** Compressed bytes of the blobs of all manifests that the target lacked, and of those blobs that were sent. */
  readonly bytes: { readonly total: number; readonly copied: number }
  /** Number of blobs by what became of them. */
  readonly blobs: Readonly<Record<BlobOutcome, number>>
}
