/**
 * Defines the order of layer events: a layer moves forward, except for a retry or a restart, and its byte count falls
 * only on a restart. The event log enforces the order, so readers can rely on it.
 */
import { layerStatuses, type LayerEvent, type LayerStatus, type PlannedLayer } from './event.js'

const rank = new Map(Object.keys(layerStatuses).map((status, index) => [status, index]))

const rankOf = (status: LayerStatus): number => rank.get(status) ?? 0

const finalStatuses: ReadonlySet<LayerStatus> = new Set(['complete', 'exists', 'copied', 'mounted'])
const pauses: ReadonlySet<LayerStatus> = new Set(['retrying', 'restart'])
const partial: ReadonlySet<LayerStatus> = new Set([
  'waiting',
  'downloading',
  'copying',
  'retrying',
  'restart',
])
/** The statuses in which `current` does not count what is unpacked. */
const keepsUnpacked: ReadonlySet<LayerStatus> = new Set([
  'waiting',
  'downloading',
  'retrying',
  'verifying',
  'downloaded',
])
const arriving: ReadonlySet<LayerStatus> = new Set(['downloading', 'copying', 'retrying', 'restart'])

/** Returns the number of compressed bytes fetched: the current count during a download, the total size after it. */
export const fetchedOf = ({
  status,
  current,
  total,
}: Pick<LayerEvent, 'status' | 'current' | 'total'>): number => (partial.has(status) ? current : total)

/** Returns the initial event of a planned layer: its status is `waiting`, its count the bytes that the store has. */
export const planned = ({ digest, size, action, offset }: PlannedLayer): LayerEvent => ({
  type: 'layer',
  digest,
  status: 'waiting',
  current: action === 'exists' ? size : offset,
  total: size,
})

/**
 * Returns the number of compressed bytes that unpacking has read: while the layer is downloaded too, and all of them once it
 * is complete.
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
 * Returns the event to report for `next` after `before`, or undefined if `next` must not be reported:
 * - an event after the final status, except a restart
 * - an event with an earlier status, except a retry, a restart, and the event after one of these
 * - `extracting` while the download is interrupted
 *
 * `extracting` during the download becomes the count `unpacked` of `downloading`. The result repeats the host until another
 * host serves the layer, and raises counts that fall without a restart.
 */
export function nextEvent(before: LayerEvent, next: LayerEvent): LayerEvent | undefined {
  if (finalStatuses.has(before.status) && next.status !== 'restart') return undefined
  if (next.status === 'extracting' && arriving.has(before.status))
    return before.status === 'downloading' ? withUnpacked(before, next.current) : undefined
  const back = rankOf(next.status) < rankOf(before.status)
  if (back && !pauses.has(next.status) && !pauses.has(before.status)) return undefined
  const host = next.host ?? before.host
  const event = { ...next, ...(host !== undefined && { host }), current: countAfter(before, next) }
  return keepsUnpacked.has(next.status) ? withUnpacked(event, unpackedOf(before)) : event
}

function withUnpacked(event: LayerEvent, count: number): LayerEvent {
  const unpacked = Math.min(event.total, Math.max(count, event.unpacked ?? 0))
  return unpacked > 0 ? { ...event, unpacked } : event
}

function countAfter(before: LayerEvent, next: LayerEvent): number {
  if (next.status === 'restart') return next.current
  if (partial.has(next.status)) return Math.max(fetchedOf(before), next.current)
  return before.status === next.status ? Math.max(before.current, next.current) : next.current
}
