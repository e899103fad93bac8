/** Computes the totals of a snapshot from its layers. */
import type { PullEvent } from './event.js'
import type { LayerSnapshot, PullSnapshot, PullTotals } from './snapshot-state.js'

/** Maximum of `fraction` before the end of the pull: the image has to be committed after its layers. */
const maxFractionWhileRunning = 0.99

type Plan = Extract<PullEvent, { type: 'plan' }>

/** Returns the totals after the `plan` event. */
export function plannedTotals(
  { layers: planned, bytes, unpack = true }: Plan,
  layers: readonly LayerSnapshot[],
  { target, totals }: Pick<PullSnapshot, 'target' | 'totals'>,
): PullTotals {
  const missing = planned.filter(({ action }) => action !== 'exists').map(({ digest }) => digest)
  const sizes = new Map(layers.map(({ digest, total }) => [digest, total]))
  const unpacks = unpack && target === undefined
  const toUnpack = unpacks ? sum([...new Set(missing)], (digest) => sizes.get(digest) ?? 0) : 0
  const { total, toDownload } = bytes
  const fraction = totals?.fraction ?? 0
  return totalsAfter({ total, toDownload, toUnpack, fetched: 0, unpacked: 0, fraction }, layers)
}

/** Returns the totals for the given layers. */
export function totalsAfter(totals: PullTotals, layers: readonly LayerSnapshot[]): PullTotals {
  const { total, toDownload, toUnpack } = totals
  const fetched = sum(layers, (layer) => layer.fetched)
  const unread = sum(layers, (layer) => layer.total - layer.unpacked)
  const unpacked = Math.max(0, toUnpack - unread)
  const work = toDownload + toUnpack
  // The maximum: a download that started over may have fewer bytes than the store had when the plan was made.
  const done = Math.max(0, toDownload - (total - fetched)) + unpacked
  const share = work > 0 ? Math.min(maxFractionWhileRunning, done / work) : maxFractionWhileRunning
  return { ...totals, fetched, unpacked, fraction: Math.max(totals.fraction, share) }
}

const sum = <T>(all: readonly T[], numberOf: (each: T) => number): number =>
  all.reduce((total, each) => total + numberOf(each), 0)
