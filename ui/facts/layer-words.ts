/** The words about one layer: its stage, and the line of facts below the lanes. */
import type { Lane } from '../../lib/api/lanes.js'
import type { PullState } from '../../lib/api/server-state.js'
import type { LayerSnapshot } from '../../lib/events/snapshot-state.js'
import type { SharedLayers } from './lines.js'
import { bytes, duration, percent, took } from './numbers.js'

/** What the words depend on. */
export interface LayerView {
  readonly layer: LayerSnapshot
  readonly lane: Lane | undefined
  readonly isPaused: boolean
  /** Name of the pull that fetches the layer for this one too. */
  readonly sharedWith?: string | undefined
  readonly now: number
}

/** Returns the stage in words: `downloading 71 %, unpacking behind`. */
export function stageWords({ layer, isPaused, sharedWith, now }: LayerView): string {
  const { status, fetched, unpacked, total, retry } = layer
  const share = (part: number): string => `${percent(total > 0 ? part / total : 0)} %`
  if (status === 'exists') return 'already here'
  if (status === 'complete') return 'committed'
  if (isPaused) return fetched > 0 ? `paused at ${share(fetched)}` : 'paused'
  if (sharedWith !== undefined) return `shared with ${sharedWith}`
  switch (status) {
    case 'waiting':
      return 'waits'
    case 'retrying':
      return retry ? `retrying in ${duration(Math.max(0, retry.at - now) / 1000)}` : 'retrying'
    case 'verifying':
      return unpacked > 0 && unpacked < total ? 'verifying, unpacking behind' : 'verifying'
    case 'downloaded':
      return unpacked > 0 ? `unpacking ${share(unpacked)}` : 'waits to unpack'
    case 'extracting':
      return `unpacking ${share(unpacked)}`
    default:
      return unpacked > 0
        ? `downloading ${share(fetched)}, unpacking behind`
        : `downloading ${share(fetched)}`
  }
}

/** Chooses the layer that the facts are about: the chosen one, else the one in trouble, else the largest that has begun. */
export function layerInView(
  { snapshot, lanes }: PullState,
  chosen: number | undefined,
): { readonly index: number; readonly why: 'chosen' | 'trouble' | 'largest' } | undefined {
  const { layers } = snapshot
  if (chosen !== undefined && chosen < layers.length) return { index: chosen, why: 'chosen' }
  const trouble = layers.findIndex(
    ({ status, digest }) => status === 'retrying' || digest === snapshot.error?.digest,
  )
  if (trouble >= 0) return { index: trouble, why: 'trouble' }
  let largest = -1
  layers.forEach(({ status, total }, index) => {
    const hasBegun = status !== 'waiting' && lanes.lanes[index]?.isStored === false
    if (hasBegun && total > (layers[largest]?.total ?? -1)) largest = index
  })
  return largest < 0 ? undefined : { index: largest, why: 'largest' }
}

/** Returns the facts about a layer that are known, without number, digest and stage. */
export function layerFacts({ layer, lane, now }: LayerView): readonly string[] {
  const facts = [bytes(layer.total)]
  if (!lane || lane.isStored) return facts
  const ended = (to: number | undefined): number => to ?? now
  const sum = (stage: string, track: 'network' | 'disk'): number =>
    lane[track]
      .filter((span) => span.stage === stage)
      .reduce((all, { from, to }) => all + ended(to) - from, 0)
  const first = lane.network.find(({ stage }) => stage === 'downloading')
  if (first && lane.network[0]) facts.push(`waited ${took(first.from - lane.network[0].from)}`)
  const active = sum('downloading', 'network')
  if (first) {
    const isOver = layer.fetched >= layer.total
    facts.push(
      `${isOver ? 'downloaded in' : 'downloading for'} ${took(active)}${layer.host === undefined ? '' : ` from ${layer.host}`}`,
    )
  }
  const queued = sum('queued', 'disk')
  if (layer.fetched >= layer.total && lane.disk.some(({ stage }) => stage === 'unpacking'))
    facts.push(queued > 0 ? `waited ${took(queued)} to unpack` : 'unpacked behind the download')
  return facts
}

/** Name of the pull that fetches the layer for `pull` too. */
export const sharerOf = (
  shared: SharedLayers | undefined,
  digest: string,
  names: ReadonlyMap<string, string>,
): string | undefined => {
  const owner = shared?.get(digest)
  return owner === undefined ? undefined : (names.get(owner) ?? 'another pull')
}
