/** Provides `reduce`, which computes the state of a pull from its events. */
import type { PullEvent } from './event.js'
import { addPlanned, reduceLayer } from './snapshot-layers.js'
import { measurePace, startPace } from './pace.js'
import type { PullPhase, PullSnapshot } from './snapshot-state.js'
import { plannedTotals, totalsAfter } from './snapshot-totals.js'

/** State of a pull before its first event. */
export const emptySnapshot: PullSnapshot = {
  phase: 'idle',
  seq: 0,
  manifests: [],
  layers: [],
  warnings: [],
}

/** Returns the state after `event`. Pure; never throws. */
export function reduce(snapshot: PullSnapshot, event: PullEvent): PullSnapshot {
  const state = { ...snapshot, pull: event.pull, seq: event.seq }
  switch (event.type) {
    case 'start':
      return {
        ...state,
        phase: laterPhase(state, 'resolving'),
        reference: event.reference,
        platform: event.platform,
        ...(event.target !== undefined && { target: event.target }),
      }
    case 'manifest': {
      const { digest, mediaType, size, host, rateLimit } = event
      const manifest = { digest, mediaType, size, host, ...(rateLimit && { rateLimit }) }
      const manifests = [...state.manifests, manifest]
      return { ...state, phase: laterPhase(state, 'planning'), manifests }
    }
    case 'platform':
      return { ...state, platform: event.chosen }
    case 'plan': {
      const layers = addPlanned(state.layers, event.layers)
      const totals = plannedTotals(event, layers, state)
      const pace = startPace(Date.parse(event.time))
      return { ...state, phase: laterPhase(state, 'pulling'), layers, totals, pace }
    }
    case 'layer': {
      const layers = reduceLayer(state.layers, event)
      const { totals, pace } = state
      if (!totals || !pace) return { ...state, layers }
      const measured = measurePace(pace, { before: state.layers, after: layers, at: Date.parse(event.time) })
      return { ...state, layers, totals: totalsAfter(totals, layers), pace: measured }
    }
    // Late subscribers do not receive it: nothing may depend on it, not even `seq`.
    case 'request':
      return snapshot
    case 'warning': {
      const { code, message, digest } = event
      const warning = { code, message, ...(digest !== undefined && { digest }) }
      return { ...state, warnings: [...state.warnings, warning] }
    }
    case 'paused':
      return { ...state, paused: true }
    case 'resumed':
      return withoutPause(state)
    case 'image': {
      const { name, digest, mediaType, platform, imageId, size, layers, status } = event
      return { ...state, result: { name, digest, mediaType, platform, imageId, size, layers, status } }
    }
    case 'copied': {
      const { from, name, digest, mediaType, status, bytes, blobs } = event
      return { ...state, copied: { from, name, digest, mediaType, status, bytes, blobs } }
    }
    case 'end':
      return {
        ...withoutPause(state),
        phase: event.outcome,
        ...(event.outcome === 'done' && state.totals && { totals: { ...state.totals, fraction: 1 } }),
        ...(event.error && { error: event.error }),
      }
  }
}

function withoutPause(state: PullSnapshot): PullSnapshot {
  const changed: { -readonly [Key in keyof PullSnapshot]: PullSnapshot[Key] } = { ...state }
  delete changed.paused
  return changed
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

const laterPhase = ({ phase }: PullSnapshot, next: PullPhase): PullPhase =>
  phases.indexOf(next) > phases.indexOf(phase) ? next : phase
