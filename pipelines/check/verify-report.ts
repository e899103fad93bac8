/** Defines the options and the result of a verification. */
import type { Digest } from '../../lib/image/index.js'
import type { StoreProblem } from './found-problems.js'

/** Options of `verify` of a puller. */
export interface VerifyOptions {
  /** Replace what is damaged or missing: trees from their blobs, blobs from the source that the image's name states. */
  readonly repair?: boolean
  readonly signal?: AbortSignal
  /** Is called after each image with the number of images that were verified, and of all. */
  readonly onProgress?: (progress: VerifyProgress) => void
}

/** How far a verification is. */
export interface VerifyProgress {
  readonly done: number
  readonly total: number
}

/** Result of a verification. */
export interface VerifyReport {
  /** Number of names that were verified. */
  readonly images: number
  /** Number of blobs that were verified. */
  readonly blobs: number
  /** Total size of the intact blobs, in bytes. */
  readonly bytes: number
  /** Number of unpacked trees that were compared with their blobs. */
  readonly trees: number
  readonly problems: readonly StoreProblem[]
  /**
   * DiffIDs of trees that could not be verified: the blob was not kept, this user may not read the whole tree, or a
   * difference may come from a feature that the file system lacks and the store is not writable to test that.
   */
  readonly unverifiable: readonly Digest[]
  /**
   * Digests that no name needs and that `collect` would remove; undefined if damage makes that impossible to decide.
   */
  readonly unreferenced: readonly Digest[] | undefined
  /** Paths in the store directory that no version of Windlass writes. */
  readonly unexpectedPaths: readonly string[]
}
