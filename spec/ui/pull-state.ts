/** Pulls as the page knows them. */
import { noLanes } from '../../lib/api/lanes.js'
import type { PullState } from '../../lib/api/server-state.js'
import type { LayerSnapshot } from '../../lib/events/snapshot-state.js'
import { emptySnapshot } from '../../lib/events/snapshot.js'

/** A layer of 1,000 bytes. */
export const layerOf = (digest: string, more: Partial<LayerSnapshot> = {}): LayerSnapshot => ({
  ...{ digest, status: 'downloading', current: 0, total: 1_000, fetched: 0, unpacked: 0 },
  ...more,
})

/** Totals of a pull that had to fetch 800 of 1,000 bytes. */
export const totals = {
  fetched: 600,
  total: 1_000,
  toDownload: 800,
  toUnpack: 1_000,
  unpacked: 100,
  fraction: 0.5,
}

/** A running pull; `left` is the time that it takes, in seconds. */
export function pullOf(
  id: string,
  {
    record = {},
    snapshot = {},
    lanes = {},
    left = null,
  }: {
    record?: Partial<PullState['record']>
    snapshot?: Partial<PullState['snapshot']>
    lanes?: Partial<PullState['lanes']>
    left?: number | null
  } = {},
): PullState {
  return {
    record: {
      ...{ id, order: { image: `ghcr.io/acme/${id}:1` }, state: 'running', priority: 0, startedAt: 0 },
      progress: { fraction: 0.5, secondsLeft: left, fetched: null, total: null, unpacked: null },
      ...record,
    },
    snapshot: { ...emptySnapshot, ...snapshot },
    lanes: { ...noLanes, ...lanes },
    samples: [],
  }
}
