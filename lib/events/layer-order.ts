/**
 * Defines the order of layer events: the status of a layer moves back only after a retry or a restart, and its byte
 * count falls only on a restart. `PullEventLog` enforces the order.
 */
import { layerStatuses, type LayerEvent, type LayerStatus, type PlannedLayer } from './event.js'

const rank = new Map(Object.keys(layerStatuses).map((status, index) => [status, index]))

const rankOf = (status: LayerStatus): number => rank.get(status) ?? 0

const finalStatuses: ReadonlySet<LayerStatus> = new Set(['complete', 'exists', 'copied', 'mounted'])
const interruptions: ReadonlySet<LayerStatus> = new Set(['retrying', 'restart'])
const partialStatuses: ReadonlySet<LayerStatus> = new Set([
  'waiting',
  'downloading',
  'copying',
  'retrying',
  'restart',
])
/**
 * Events with these statuses repeat the `unpacked` count of the previous event, because their `current` counts fetched
 * bytes.
 */
const statusesKeepingUnpacked: ReadonlySet<LayerStatus> = new Set([
  'waiting',
  'downloading',
  'retrying',
  'verifying',
  'downloaded',
])
const arrivingStatuses: ReadonlySet<LayerStatus> = new Set(['downloading', 'copying', 'retrying', 'restart'])

/** Returns the number of compressed bytes fetched: the current count during a download, the total size after it. */
export const fetchedOf = ({
  status,
  current,
  total,
}: Pick<LayerEvent, 'status' | 'current' | 'total'>): number =>
  partialStatuses.has(status) ? current : total

/** Returns the `waiting` event of a planned layer. Its count is the number of bytes that the store has. */
export const initialEvent = ({ digest, size, action, offset }: PlannedLayer): LayerEvent => ({
  type: 'layer',
  digest,
  status: 'waiting',
  current: action === 'exists' ? size : offset,
  total: size,
})

/**
 * Returns the number of compressed bytes that unpacking has read; the total size once the layer is complete.
 */
export const unpackedOf = ({
  status,
  current,
  total,
  unpacked = 0,
}: Pick<LayerEvent, 'status' | 'current' | 'total' | 'unpacked'>): number => {
  if (status === 'extracting') return current
  return finalStatuses.has(status) ? total : unpacked
}

/**
 * Returns the event to report instead of `next` if the previous event is `before`. Returns undefined for events that
 * are dropped:
 * - an event after the final status, except a restart
 * - an event with an earlier status, except a retry, a restart, and the event after one of these
 * - `extracting` while the download is interrupted
 *
 * While the layer is being downloaded, `extracting` becomes `downloading` with the count `unpacked`. The result repeats
 * the host of `before` if `next` has none, but not after a restart, which may be for another host. Counts that fall
 * without a restart are replaced by the previous ones.
 */
export function nextEvent(before: LayerEvent, next: LayerEvent): LayerEvent | undefined {
  if (finalStatuses.has(before.status) && next.status !== 'restart') return undefined
  if (next.status === 'extracting' && arrivingStatuses.has(before.status))
    return before.status === 'downloading' ? withUnpacked(before, next.current) : undefined
  const isEarlier = rankOf(next.status) < rankOf(before.status)
  if (isEarlier && !interruptions.has(next.status) && !interruptions.has(before.status)) return undefined
  const host = next.host ?? (before.status === 'restart' ? undefined : before.host)
  const event = { ...next, ...(host !== undefined && { host }), current: countAfter(before, next) }
  return statusesKeepingUnpacked.has(next.status) ? withUnpacked(event, unpackedOf(before)) : event
}

function withUnpacked(event: LayerEvent, count: number): LayerEvent {
  const unpacked = Math.min(event.total, Math.max(count, event.unpacked ?? 0))
  return unpacked > 0 ? { ...event, unpacked } : event
}

function countAfter(before: LayerEvent, next: LayerEvent): number {
  if (next.status === 'restart') return next.current
  if (partialStatuses.has(next.status)) return Math.max(fetchedOf(before), next.current)
  return before.status === next.status ? Math.max(before.current, next.current) : next.current
}
