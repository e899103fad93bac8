/** Computes the lanes of a pull from its events: when each layer was in which stage, on the network and on the disk. */
import type { LayerEvent, PullEvent } from '../events/event.js'

/**
 * What a layer did: on the network `waits` for a slot, `downloading`, `retrying` (waits for the next attempt), `verifying`; on the
 * disk `queued` (downloaded, waits to be unpacked), `unpacking`.
 */
export type LaneStage = 'waits' | 'downloading' | 'retrying' | 'verifying' | 'queued' | 'unpacking'

/** A period in milliseconds since 1970. Without `to` it has not ended. */
export interface LaneSpan {
  readonly stage: LaneStage
  readonly from: number
  readonly to?: number
}

/** The times of one layer. */
export interface Lane {
  readonly digest: string
  readonly network: readonly LaneSpan[]
  readonly disk: readonly LaneSpan[]
  /** Time at which the layer was committed. */
  readonly committedAt?: number
  /** The store had the layer before the pull. */
  readonly isStored: boolean
}

/** The lanes of a pull, base layer first, and the periods in which it was paused. */
export interface Lanes {
  readonly lanes: readonly Lane[]
  readonly pauses: readonly { readonly from: number; readonly to?: number }[]
  readonly startedAt?: number
  readonly endedAt?: number
}

/** The lanes of a pull before its first event. */
export const noLanes: Lanes = { lanes: [], pauses: [] }

/** Returns the lanes after `event`. Pure. */
export function reduceLanes(lanes: Lanes, event: PullEvent): Lanes {
  const at = Date.parse(event.time)
  switch (event.type) {
    case 'start':
      return { ...lanes, startedAt: at }
    case 'plan': {
      const seen = new Set<string>()
      const planned = event.layers.flatMap(({ digest, action }): Lane[] => {
        if (seen.has(digest)) return []
        seen.add(digest)
        const isStored = action === 'exists'
        return [{ digest, isStored, network: isStored ? [] : [{ stage: 'waits', from: at }], disk: [] }]
      })
      return { ...lanes, lanes: planned }
    }
    case 'layer':
      return {
        ...lanes,
        lanes: lanes.lanes.map((lane) =>
          lane.digest === event.digest ? reduceLane(lane, event, at, isPaused(lanes)) : lane,
        ),
      }
    case 'paused':
      return {
        ...lanes,
        pauses: [...lanes.pauses, { from: at }],
        // A pause ends downloads and unpacking. What waits goes on waiting.
        lanes: lanes.lanes.map((lane) => ({
          ...lane,
          network: closeWork(lane.network, at),
          disk: closeWork(lane.disk, at),
        })),
      }
    case 'resumed':
      return { ...lanes, pauses: closeLast(lanes.pauses, at) }
    case 'end':
      return {
        ...lanes,
        endedAt: at,
        pauses: closeLast(lanes.pauses, at),
        lanes: lanes.lanes.map((lane) => ({
          ...lane,
          network: closeLast(lane.network, at),
          disk: closeLast(lane.disk, at),
        })),
      }
    default:
      return lanes
  }
}

const networkStages: Partial<Record<LayerEvent['status'], LaneStage>> = {
  waiting: 'waits',
  downloading: 'downloading',
  restart: 'downloading',
  retrying: 'retrying',
  verifying: 'verifying',
}
const diskStages: Partial<Record<LayerEvent['status'], LaneStage>> = {
  downloaded: 'queued',
  extracting: 'unpacking',
}

/** `isWorkPaused`: what the event tells happened before the pause. */
function reduceLane(lane: Lane, event: LayerEvent, at: number, isWorkPaused: boolean): Lane {
  const { status, unpacked = 0 } = event
  if (status === 'exists') return { ...lane, isStored: lane.network.length <= 1, ...closed(lane, at) }
  if (status === 'complete') return { ...lane, ...closed(lane, at), committedAt: at }
  // Unpacking behind the download shows in the count of an event of the download.
  const behind = status !== 'restart' && unpacked > 0 ? 'unpacking' : undefined
  const now = (stage: LaneStage | undefined): LaneStage | undefined =>
    isWorkPaused && stage !== 'waits' && stage !== 'queued' ? undefined : stage
  return {
    ...lane,
    network: enter(lane.network, now(networkStages[status]), at),
    disk: enter(lane.disk, now(behind ?? diskStages[status]), at),
  }
}

function isPaused({ pauses }: Lanes): boolean {
  const last = pauses.at(-1)
  return last !== undefined && last.to === undefined
}

const closed = (lane: Lane, at: number): Pick<Lane, 'network' | 'disk'> => ({
  network: closeLast(lane.network, at),
  disk: closeLast(lane.disk, at),
})

/** Ends the open span and begins one of `stage`, unless the open span has that stage. */
function enter(spans: readonly LaneSpan[], stage: LaneStage | undefined, at: number): readonly LaneSpan[] {
  const last = spans.at(-1)
  if (last && last.to === undefined && last.stage === stage) return spans
  const ended = closeLast(spans, at)
  return stage ? [...ended, { stage, from: at }] : ended
}

function closeLast<T extends { readonly from: number; readonly to?: number }>(
  spans: readonly T[],
  at: number,
): readonly T[] {
  const last = spans.at(-1)
  return last && last.to === undefined ? [...spans.slice(0, -1), { ...last, to: at }] : spans
}

function closeWork(spans: readonly LaneSpan[], at: number): readonly LaneSpan[] {
  const stage = spans.at(-1)?.stage
  return stage === 'waits' || stage === 'queued' ? spans : closeLast(spans, at)
}
