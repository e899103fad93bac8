/** The values that pass between the stages of a copy. */
import type { Control } from '../../flow/index.js'
import type { Descriptor, Digest, ImageSink, ImageSource } from '../../image/index.js'

/** Where a copy goes. */
export interface CopyTarget {
  /** Normalised name of the target: `registry.example/app:1`, `oci:DIR:NAME`. */
  readonly name: string
  readonly sink: ImageSink
  /** Tag, or name in a layout, that will refer to the copy; undefined to write the copy without one. */
  readonly tag?: string | undefined
  /** Digest that the copy must have. */
  readonly digest?: Digest | undefined
}

/** A manifest or an index to write, byte for byte. */
export interface ManifestNode {
  readonly descriptor: Descriptor
  readonly bytes: Buffer
  /** The blobs that it refers to, without `foreign`. The target must have them. */
  readonly blobs: readonly Descriptor[]
  /** Layers that only their publisher distributes (non-distributable layers of the image-spec). They are not copied. */
  readonly foreign: readonly Descriptor[]
  /** 0 for an image; for an index, one more than the highest of its children. Children are written first. */
  readonly height: number
}

/** A manifest that belongs to one of the manifests of a copy. */
export interface ReferrerNode extends ManifestNode {
  /** Digest of the manifest that it belongs to. */
  readonly subject: Digest
  /** Tag under which it is stored, if its manifest does not state the subject (cosign before version 3). */
  readonly tag?: string
}

/** The parts of a copy. */
export interface CopyPlan {
  /** Normalised name of the source. */
  readonly from: string
  readonly source: ImageSource
  readonly target: CopyTarget
  /** The manifest or index that the name of the target will refer to. */
  readonly root: ManifestNode
  /** All other manifests that the target does not have, children before parents. */
  readonly manifests: readonly ManifestNode[]
  /** What belongs to the manifests and is copied with them. Default: nothing. */
  readonly referrers?: readonly ReferrerNode[]
  /** The blobs of all manifests, each once. */
  readonly blobs: readonly Descriptor[]
  /** Whether the tag referred to the root before the copy. */
  readonly wasTagged: boolean
  /** Pauses and priority of the copy. Default: it is never paused and has priority 0. */
  readonly control?: Control
}

/** A blob to copy. */
export interface BlobTask {
  readonly descriptor: Descriptor
  readonly source: ImageSource
  readonly sink: ImageSink
  /** Pauses and priority of the copy. Default: it is never paused and has priority 0. */
  readonly control?: Control
}

/**
 * How the target got a blob: `copied` was sent, `mounted` was taken from another repository, `exists` was already
 * there.
 */
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
  /** `up-to-date` if the target already had the whole copy under this name, otherwise `newer`. */
  readonly status: 'newer' | 'up-to-date'
  /**
   * Compressed bytes: `total` of the blobs of all manifests that the target did not have, `copied` of the blobs that
   * were sent.
   */
  readonly bytes: { readonly total: number; readonly copied: number }
  /** Number of signatures, SBOMs and attestations that were copied with it; undefined if they were not requested. */
  readonly referrers?: number
  /** Number of blobs per outcome. */
  readonly blobs: Readonly<Record<BlobOutcome, number>>
}
