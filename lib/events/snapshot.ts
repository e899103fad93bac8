/**
 * The state of one pull, as a pure reduction of its events. It is plain data: it can be kept, compared, sent as JSON.
 * Rates and times left are not state: who draws them reads the clock.
 */
import type { ErrorRecord } from '../errors.js'
import type { ImageResult, LayerStatus, PullEvent } from './event.js'
import { addPlanned, reduceLayer } from './snapshot-layers.js'

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

export const emptySnapshot: PullSnapshot = {
  phase: 'idle',
  seq: 0,
  manifests: [],
  layers: [],
  warnings: [],
}

/** The state after `event`. Pure, and never throws; an event that says nothing new gives an equal state. */
export function reduce(snapshot: PullSnapshot, event: PullEvent): PullSnapshot {
  const state = { ...snapshot, seq: event.seq }
  switch (event.type) {
    case 'start':
      return {
        ...state,
        phase: later(state, 'resolving'),
        reference: event.reference,
        platform: event.platform,
      }
    case 'manifest': {
      const { digest, mediaType, size, host } = event
      const manifests = [...state.manifests, { digest, mediaType, size, host }]
      return { ...state, phase: later(state, 'planning'), manifests }
    }
    case 'platform':
      return { ...state, platform: event.chosen }
    case 'plan': {
      const layers = addPlanned(state.layers, event.layers)
      const { total, toDownload } = event.bytes
      const totals = { fetched: fetchedOf(layers), total, toDownload }
      return { ...state, phase: later(state, 'pulling'), layers, totals }
    }
    case 'layer': {
      const layers = reduceLayer(state.layers, event)
      const { totals } = state
      return { ...state, layers, ...(totals && { totals: { ...totals, fetched: fetchedOf(layers) } }) }
    }
    case 'warning': {
      const { code, message, digest } = event
      const warning = { code, message, ...(digest !== undefined && { digest }) }
      return { ...state, warnings: [...state.warnings, warning] }
    }
    case 'image': {
      const { name, digest, mediaType, platform, imageId, size, layers, status } = event
      return { ...state, result: { name, digest, mediaType, platform, imageId, size, layers, status } }
    }
    case 'end':
      return { ...state, phase: event.outcome, ...(event.error && { error: event.error }) }
  }
}

const phases: readonly PullPhase[] = [
  'idle',
  'resolving',
  'planning',
  'pulling',
  'done',
  'failed',
  'cancelled',
]

const later = ({ phase }: PullSnapshot, next: PullPhase): PullPhase =>
  phases.indexOf(next) > phases.indexOf(phase) ? next : phase

const fetchedOf = (layers: readonly LayerSnapshot[]): number =>
  layers.reduce((sum, { fetched }) => sum + fetched, 0)
