/**
 * The state of one pull: plain data, which can be kept, compared, sent as JSON.
 * Rates and times left are not state: who draws them reads the clock.
 */
import type { ErrorRecord } from '../errors.js'
import type { ImageResult, LayerStatus, PullEvent } from './event.js'

type Of<Type extends PullEvent['type']> = Extract<PullEvent, { type: Type }>

/** `idle` before the start, `resolving` until a manifest came, `planning` until the plan is out, then `pulling`. */
export type PullPhase = 'idle' | 'resolving' | 'planning' | 'pulling' | 'done' | 'failed' | 'cancelled'

export interface LayerRetry {
  /** When the next attempt begins: milliseconds since 1970. */
  readonly at: number
  readonly reason: string
  /** Which attempt that will be: 2 is the first retry. */
  readonly attempt: number
}

export interface LayerSnapshot {
  readonly digest: string
  readonly status: LayerStatus
  /** Compressed bytes: fetched while downloading, read while extracting. */
  readonly current: number
  readonly total: number
  /** Compressed bytes that are here, whatever the layer is doing now. */
  readonly fetched: number
  /** Who served the layer, once somebody did. */
  readonly host?: string
  /** Only while the status is `retrying`. */
  readonly retry?: LayerRetry
}

export interface PullTotals {
  /** Compressed bytes of all layers that are here. */
  readonly fetched: number
  /** Compressed bytes of all layers. */
  readonly total: number
  /** Of `total`, what was not here when the plan was made. */
  readonly toDownload: number
}

export interface PullSnapshot {
  readonly phase: PullPhase
  readonly seq: number
  readonly reference?: string
  /** What was asked for; once chosen, what was chosen. */
  readonly platform?: string
  /** What was served, from what the name points at to the image's own manifest. */
  readonly manifests: readonly Pick<Of<'manifest'>, 'digest' | 'mediaType' | 'size' | 'host'>[]
  /** One for each digest, base first. */
  readonly layers: readonly LayerSnapshot[]
  /** Known once the plan is out. */
  readonly totals?: PullTotals
  readonly warnings: readonly Pick<Of<'warning'>, 'code' | 'message' | 'digest'>[]
  readonly result?: ImageResult
  readonly error?: Omit<ErrorRecord, 'code'> & { readonly code: string }
}
