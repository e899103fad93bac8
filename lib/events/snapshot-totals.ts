/** Computes the totals of a snapshot from its layers. */
import type { PullEvent } from './event.js'
import type { LayerSnapshot, PullSnapshot, PullTotals } from './snapshot-state.js'

/** Maximum of `fraction` while the pull runs: the image is still to be committed. */
const maxRunning = 0.99

type Plan = Extract<PullEvent, { type: 'plan' }>

/** Returns the totals once the plan is known. */
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

/** Returns the totals after a change of layers. */
export function totalsAfter(totals: PullTotals, layers: readonly LayerSnapshot[]): PullTotals {
  const { total, toDownload, toUnpack } = totals
  const fetched = sum(layers, (layer) => layer.fetched)
  const left = sum(layers, (layer) => layer.total - layer.unpacked)
  const unpacked = Math.max(0, toUnpack - left)
  const work = toDownload + toUnpack
  // A download that started over has fewer bytes than the store had when the plan was made.
  const done = Math.max(0, toDownload - (total - fetched)) + unpacked
  const share = work > 0 ? Math.min(maxRunning, done / work) : maxRunning
  return { ...totals, fetched, unpacked, fraction: Math.max(totals.fraction, share) }
}

const sum = <T>(all: readonly T[], numberOf: (each: T) => number): number =>
  all.reduce((total, each) => total + numberOf(each), 0)
