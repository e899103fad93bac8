/** What an unpack worker is asked to do, what it answers, and the messages that carry both between the threads. */
import type { ErrorRecord } from '../../errors.js'
import type { Expected } from '../../bytes/verifier.js'
import type { Digest, DigestAlgorithm } from '../../image/digest/digest.js'
import type { Limits } from '../../limits.js'
import type { Owner } from '../rootfs/owners.js'
import type { WhiteoutForm, WhiteoutTreatment } from '../whiteouts/form.js'

/** How much of a file is there: `length` bytes, and whether that is all. */
export interface Growth {
  readonly length: number
  readonly final: boolean
}

/** What the bytes must turn out to be: the compressed blob by digest and size, the archive in it by its diffID. */
export type Expectations = (Expected | { readonly digest?: undefined }) & { readonly diffID?: Digest }

/** One layer's blob, unpacked into a directory (made if missing) that holds nothing else, or lower layers. */
export interface BlobTask {
  readonly path: string
  readonly into: string
  readonly whiteouts: WhiteoutTreatment
  readonly expected?: Expectations | undefined
  /** Whom everything in it belongs to, whatever the layer says; else as this process may. */
  readonly owner?: Owner | undefined
  /** What the diffID is computed by: that of the expected one, else sha256, unless said otherwise. */
  readonly algorithm?: DigestAlgorithm | undefined
}

/** A layer of a flattened rootfs: its blob, or its own unpacked directory with whiteouts in either form. */
export type LayerSource =
  | { readonly kind: 'blob'; readonly path: string; readonly expected?: Expectations }
  | {
      readonly kind: 'directory'
      readonly path: string
      /** Directories of it that the layer does not list, as `UnpackResult.implied`: none, where that is not known. */
      readonly implied?: readonly string[] | undefined
    }

/** Layers, base first, into one directory (made if missing). */
export interface FlattenTask {
  readonly layers: readonly LayerSource[]
  readonly into: string
}

export interface UnpackResult {
  /** Of the bytes as they were, whatever was expected: by the algorithm of what was. */
  readonly diffID: Digest
  /** Uncompressed bytes of the archive. */
  readonly size: number
  /** How many entries it has, whiteouts included. */
  readonly entries: number
  /**
   * Directories that no entry of the layer names, `.` for its root: latin1, in byte order. Where a lower layer has them,
   * their attributes are those. Undefined where they were not asked for (whiteouts `apply`), or are too many.
   */
  readonly implied?: readonly string[] | undefined
}

export interface FlattenResult {
  /** Entries of all layers. */
  readonly entries: number
}

/** A layer's blob and the tree that was unpacked from it, to be held against each other. Neither is changed. */
export interface CheckTask {
  readonly path: string
  readonly expected: Expectations
  /** The tree. */
  readonly tree: string
  readonly form: WhiteoutForm
  /** A directory on the file system of the tree in which files may be made to try out what it holds. */
  readonly scratch: string | undefined
}

export interface CheckResult {
  /** How many there are that come of damage. */
  readonly differences: number
  /** The first of them, a line each. */
  readonly reported: readonly string[]
  /** There are others that may come of what this machine cannot hold. */
  readonly unknown: boolean
}

export type JobResult = UnpackResult | FlattenResult | CheckResult

/** What every job is told. */
interface JobSettings {
  readonly limits: Limits
  /** Processors are idle: a blob may be decompressed in another thread while this one writes. */
  readonly spare: boolean
}

/** What is to be done. */
export type Work =
  | { readonly kind: 'unpack'; readonly task: BlobTask; readonly growing: boolean }
  | { readonly kind: 'flatten'; readonly task: FlattenTask }
  | { readonly kind: 'check'; readonly task: CheckTask }

export type Job = Work & JobSettings

/** To the worker. It has one job at a time; `id` keeps late messages apart. */
export type Request =
  | { readonly type: 'start'; readonly id: number; readonly job: Job }
  | ({ readonly type: 'grown'; readonly id: number } & Growth)
  | { readonly type: 'cancel'; readonly id: number }

/** From the worker. `loaded` comes first, of itself. `done` and `failed` come once everything the job opened is closed. */
export type Response =
  | { readonly type: 'loaded' }
  | { readonly type: 'progress'; readonly id: number; readonly bytes: number }
  | { readonly type: 'warning'; readonly id: number; readonly code: string; readonly message: string }
  | { readonly type: 'done'; readonly id: number; readonly result: JobResult }
  | { readonly type: 'failed'; readonly id: number; readonly error: ErrorRecord }
