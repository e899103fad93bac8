/** The jobs and results of unpack workers, and the messages between the threads. */
import type { ErrorRecord } from '../../errors.js'
import type { EntryBatch } from '../entries/batch.js'
import type { Expected } from '../../bytes/verifier.js'
import type { Digest, DigestAlgorithm } from '../../image/digest/digest.js'
import type { Limits } from '../../limits.js'
import type { Owner } from '../rootfs/owners.js'
import type { WhiteoutForm, WhiteoutTreatment } from '../whiteouts/form.js'

/** The state of a growing file: its length in bytes, and whether it is complete. */
export interface Growth {
  readonly length: number
  readonly final: boolean
}

/** The expected values: digest and size of the compressed blob, and diffID of the archive. */
export type Expectations = (Expected | { readonly digest?: undefined }) & { readonly diffID?: Digest }

/**
 * A task to unpack a blob into a directory. A missing directory is created; an existing one is empty or has lower
 * layers.
 */
export interface BlobTask {
  /** The path of the blob. */
  readonly path: string
  /** The directory to unpack into. */
  readonly into: string
  readonly whiteouts: WhiteoutTreatment
  readonly expected?: Expectations | undefined
  /** The owner of all entries, regardless of the layer. Default: as this process is permitted. */
  readonly owner?: Owner | undefined
  /** The algorithm of the diffID. Default: that of the expected one, otherwise sha256. */
  readonly algorithm?: DigestAlgorithm | undefined
}

/** A layer to read: its blob, or the directory to which it was unpacked, with whiteouts of any `WhiteoutForm`. */
export type LayerSource =
  | { readonly kind: 'blob'; readonly path: string; readonly expected?: Expectations }
  | {
      readonly kind: 'directory'
      readonly path: string
      /** See `UnpackResult.implied`. */
      readonly implied?: readonly string[] | undefined
    }

/** A task to unpack layers, base first, into one directory, which is created if missing. */
export interface FlattenTask {
  readonly layers: readonly LayerSource[]
  readonly into: string
}

/** A task to read the entries of a layer without unpacking it. */
export interface ReadTask {
  readonly layer: LayerSource
}

/** The result of a `read` job. */
export interface ReadResult {
  /** Number of entries, including whiteouts. */
  readonly entries: number
}

/** The result of an `unpack` job. */
export interface UnpackResult {
  /** The diffID of the actual bytes, with the algorithm of the expected one. */
  readonly diffID: Digest
  /** Size of the uncompressed archive in bytes. */
  readonly size: number
  /** Number of entries, including whiteouts. */
  readonly entries: number
  /**
   * Directories that the layer has no entry for, only entries below them: latin1, in byte order, `.` for the root.
   * Lower layers determine their attributes. Undefined with whiteouts `apply`, or if there are too many.
   */
  readonly implied?: readonly string[] | undefined
}

/** The result of a `flatten` job. */
export interface FlattenResult {
  /** Number of entries of all layers. */
  readonly entries: number
}

/** A task to compare a tree with the blob from which it was unpacked. Neither is changed. */
export interface CheckTask {
  readonly path: string
  readonly expected: Expectations
  /** The root of the tree. */
  readonly tree: string
  readonly form: WhiteoutForm
  /**
   * A writable directory on the file system of the tree, to test what that supports; undefined if nothing may be
   * written.
   */
  readonly scratch: string | undefined
}

/** The result of a `check` job. */
export interface CheckResult {
  /** Number of differences caused by damage. */
  readonly differences: number
  /** The first differences, one line each. */
  readonly reported: readonly string[]
  /** Whether there are other differences that may be caused by limits of the machine. */
  readonly unknown: boolean
}

/** The result of a job. */
export type JobResult = UnpackResult | FlattenResult | ReadResult | CheckResult

/** Settings of every job. */
interface JobSettings {
  readonly limits: Limits
  /** Whether processors are idle, so that another thread may decompress. */
  readonly spare: boolean
  /** Whether the entries are sent: see `EntryBatch`. */
  readonly entries: boolean
}

/** The kind and the task of a job. */
export type Work =
  | { readonly kind: 'unpack'; readonly task: BlobTask; readonly growing: boolean }
  | { readonly kind: 'flatten'; readonly task: FlattenTask }
  | { readonly kind: 'read'; readonly task: ReadTask }
  | { readonly kind: 'check'; readonly task: CheckTask }

/** A job as sent to a worker. */
export type Job = Work & JobSettings

/** A message to the worker, which executes one job at a time. Messages with the `id` of an earlier job are ignored. */
export type Request =
  | { readonly type: 'start'; readonly id: number; readonly job: Job }
  | ({ readonly type: 'grown'; readonly id: number } & Growth)
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'acknowledge'; readonly id: number; readonly weight: number }
  /** The worker shall send no more content of the entry with this number. */
  | { readonly type: 'skip'; readonly id: number; readonly entry: number }

/**
 * A message from the worker. `loaded` is sent once after the start. `done` and `failed` are sent after everything that
 * the job opened is closed.
 */
export type Response =
  | { readonly type: 'loaded' }
  | { readonly type: 'progress'; readonly id: number; readonly bytes: number }
  | { readonly type: 'warning'; readonly id: number; readonly code: string; readonly message: string }
  | { readonly type: 'entries'; readonly id: number; readonly batch: EntryBatch }
  | { readonly type: 'done'; readonly id: number; readonly result: JobResult }
  | { readonly type: 'failed'; readonly id: number; readonly error: ErrorRecord }
