/**
 * Defines `PullSnapshot`, the state of one pull or copy as plain data that can be stored, compared and sent as JSON. It
 * does not contain the time left, which depends on the clock: see `secondsLeft`.
 */
import type { ErrorRecord } from '../errors.js'
import type { CopyResult, ImageResult, LayerStatus, PullEvent } from './event.js'

/** The event with the given type. */
type EventOf<Type extends PullEvent['type']> = Extract<PullEvent, { type: Type }>

/**
 * Phase of a pull: `idle` before the start, `resolving` until the first manifest, `planning` until the plan, `pulling`
 * until the end, then the outcome.
 */
export type PullPhase = 'idle' | 'resolving' | 'planning' | 'pulling' | 'done' | 'failed' | 'cancelled'

/** The next attempt to download a layer. */
export interface LayerRetry {
  /** Start of the attempt, in milliseconds since 1970. */
  readonly at: number
  readonly reason: string
  /** Number of the attempt; 2 is the first retry. */
  readonly attempt: number
}

/** State of one layer. */
export interface LayerSnapshot {
  readonly digest: string
  readonly status: LayerStatus
  /** Number of compressed bytes that have been fetched (while downloading or copying) or read (while extracting). */
  readonly current: number
  readonly total: number
  /** Number of compressed bytes fetched, regardless of the status. */
  readonly fetched: number
  /** Time at which the last byte was fetched, in milliseconds since 1970. */
  readonly fetchedAt?: number
  /** Number of compressed bytes that unpacking has read; the total once the layer is complete. */
  readonly unpacked: number
  /** Host that serves the layer, once known. */
  readonly host?: string
  /** Set while the status is `retrying`. */
  readonly retry?: LayerRetry
}

/** Byte counts over all layers of an image. */
export interface PullTotals {
  /** Number of compressed bytes fetched. */
  readonly fetched: number
  /** Compressed size. */
  readonly total: number
  /** Number of compressed bytes that the store did not have when the plan was made. */
  readonly toDownload: number
  /**
   * Number of compressed bytes of the layers that will be unpacked; 0 in a copy, and in a pull that does not unpack.
   */
  readonly toUnpack: number
  /** How many of the `toUnpack` bytes unpacking has read. */
  readonly unpacked: number
  /**
   * Part of the work that is done, from 0 to 1. Downloading a byte and unpacking a byte count the same. It never falls,
   * and is 1 only when the pull is done.
   */
  readonly fraction: number
}

/** Bytes processed in a time. Both are sums in which older measurements have less weight. */
export interface MeasuredRate {
  readonly bytes: number
  readonly milliseconds: number
}

/** How fast a pull has been, for `secondsLeft`. */
export interface PullPace {
  /** Time of the plan, in milliseconds since 1970. */
  readonly since: number
  /** Time of the last layer event, in milliseconds since 1970. */
  readonly at: number
  /** Milliseconds from the start of the first download to its first bytes. */
  readonly latency: number
  /** Rate of all downloads together, while any layer is downloaded. */
  readonly download: MeasuredRate
  /**
   * The same by the number of downloads that received bytes at the same time: item 0 is that of a single one. Some registries
   * limit the rate of each connection, others that of all together.
   */
  readonly downloadBy: readonly MeasuredRate[]
  /** Rate of all unpacking together, while any layer is unpacked. */
  readonly unpack: MeasuredRate
  /** The same, only while unpacking is slower than the downloads: fetched bytes wait for it. */
  readonly unpackHeld: MeasuredRate
  /** Maximum number of layers that were downloaded concurrently, and of layers that were unpacked concurrently. */
  readonly downloads: number
  readonly unpacks: number
}

/** State of one pull. */
export interface PullSnapshot {
  readonly phase: PullPhase
  /** Set while the pull is paused. */
  readonly paused?: true
  /** Id of the pull; undefined before the first event. */
  readonly pull?: string
  /** Sequence number of the last event that was not a `request`. */
  readonly seq: number
  readonly reference?: string
  /** Name of the target of a copy. */
  readonly target?: string
  /** The requested platform, then the chosen one. */
  readonly platform?: string
  /** The manifests in the order in which they were read, from the one the name refers to down to the image manifest. */
  readonly manifests: readonly Pick<
    EventOf<'manifest'>,
    'digest' | 'mediaType' | 'size' | 'host' | 'rateLimit'
  >[]
  /** One per digest, base layer first. */
  readonly layers: readonly LayerSnapshot[]
  /** Set once the plan is known. */
  readonly totals?: PullTotals
  /** Set once the plan is known. */
  readonly pace?: PullPace
  readonly warnings: readonly Pick<EventOf<'warning'>, 'code' | 'message' | 'digest'>[]
  readonly result?: ImageResult
  /** The result of a copy. */
  readonly copied?: CopyResult
  readonly error?: Omit<ErrorRecord, 'code'> & { readonly code: string }
}
