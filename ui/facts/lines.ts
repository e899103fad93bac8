/** Sums up the layers of all pulls: which wait, which hold slots, which are committed, and which several pulls share. */
import type { PullState, ServerState } from '../../lib/api/server-state.js'
import type { LayerSnapshot } from '../../lib/events/snapshot-state.js'

/** Layers that a pull shares: by digest, the id of the pull that fetches it. */
export type SharedLayers = ReadonlyMap<string, string>

/** Number of layers in a queue, of the chosen pull and of the others. */
export interface QueueCount {
  readonly chosen: number
  readonly others: number
}

/** The line of all pulls. */
export interface LineCounts {
  readonly waiting: QueueCount
  readonly downloaded: QueueCount
  readonly committed: QueueCount
  /** Pulls that run and are not paused. */
  readonly running: number
  readonly paused: number
  /** Pulls that run and have no plan yet. */
  readonly resolving: number
  /** Compressed bytes that running pulls have still to unpack and to fetch. */
  readonly secondsLeft: number | undefined
}

export const isActive = ({ record }: PullState): boolean =>
  record.state === 'running' || record.state === 'paused'

export const isCommitted = ({ status }: LayerSnapshot): boolean =>
  status === 'complete' || status === 'exists'

/** Reports whether the layer is downloaded and waits for an unpack slot. */
export const waitsToUnpack = ({ status, unpacked }: LayerSnapshot): boolean =>
  status === 'downloaded' && unpacked === 0

/** Returns the shared layers of each pull: the layers that an earlier pull, which runs at the same time, fetches too. */
export function sharedLayers(pulls: readonly PullState[]): ReadonlyMap<string, SharedLayers> {
  const owners = new Map<string, PullState[]>()
  const shared = new Map<string, Map<string, string>>()
  for (const pull of pulls)
    for (const { digest, isStored, committedAt } of pull.lanes.lanes) {
      if (isStored) continue
      const before = owners.get(digest) ?? []
      const ends = committedAt ?? pull.record.endedAt ?? Infinity
      const owner = before.find(
        (each) =>
          (each.record.endedAt ?? Infinity) >= Math.min(ends, each.record.endedAt ?? ends) &&
          overlaps(each, pull),
      )
      if (owner)
        shared.set(
          pull.record.id,
          (shared.get(pull.record.id) ?? new Map<string, string>()).set(digest, owner.record.id),
        )
      else owners.set(digest, [...before, pull])
    }
  return shared
}

const overlaps = (owner: PullState, pull: PullState): boolean =>
  (owner.record.endedAt ?? Infinity) > pull.record.startedAt &&
  owner.record.state !== 'cancelled' &&
  owner.record.state !== 'failed'

/** Counts the layers of the line. Shared layers count once. `chosen`: id of the chosen pull. */
export function lineCounts(
  { pulls }: ServerState,
  chosen: string | undefined,
  shared: ReadonlyMap<string, SharedLayers>,
): LineCounts {
  const queues = { waiting: [0, 0], downloaded: [0, 0], committed: [0, 0] }
  let [running, paused, resolving] = [0, 0, 0]
  let secondsLeft: number | undefined = 0
  for (const { record, snapshot } of pulls) {
    const which = record.id === chosen ? 0 : 1
    const own = shared.get(record.id)
    for (const layer of snapshot.layers)
      if (isCommitted(layer) && !own?.has(layer.digest)) queues.committed[which]!++
    if (record.state === 'paused') paused++
    if (record.state !== 'running') continue
    running++
    if (!snapshot.totals) resolving++
    const left = record.progress.secondsLeft
    secondsLeft = left === null || secondsLeft === undefined ? undefined : Math.max(secondsLeft, left)
    for (const layer of snapshot.layers) {
      if (own?.has(layer.digest)) continue
      if (layer.status === 'waiting') queues.waiting[which]!++
      if (waitsToUnpack(layer)) queues.downloaded[which]!++
    }
  }
  const queue = ([chosen = 0, others = 0]: readonly number[]): QueueCount => ({ chosen, others })
  return {
    ...{ running, paused, resolving },
    secondsLeft: running === 0 ? undefined : secondsLeft,
    waiting: queue(queues.waiting),
    downloaded: queue(queues.downloaded),
    committed: queue(queues.committed),
  }
}

export const total = ({ chosen, others }: QueueCount): number => chosen + others
