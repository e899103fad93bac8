/**
 * Which layer event may follow which: a layer moves forward, only a retry or a restart takes it back, and its bytes
 * fall only with a restart. The channel keeps to it, so that no reader has to.
 */
import { layerStatuses, type LayerEvent, type LayerStatus, type PlannedLayer } from './event.js'

const rank = new Map(Object.keys(layerStatuses).map((status, index) => [status, index]))

const rankOf = (status: LayerStatus): number => rank.get(status) ?? 0

const last: ReadonlySet<LayerStatus> = new Set(['complete', 'exists'])
const pauses: ReadonlySet<LayerStatus> = new Set(['retrying', 'restart'])
const partial: ReadonlySet<LayerStatus> = new Set(['waiting', 'downloading', 'retrying', 'restart'])
const arriving: ReadonlySet<LayerStatus> = new Set(['downloading', 'retrying', 'restart'])

/** Compressed bytes of the layer that are here: its count while they come in, later the whole. */
export const fetchedOf = ({
  status,
  current,
  total,
}: Pick<LayerEvent, 'status' | 'current' | 'total'>): number => (partial.has(status) ? current : total)

/** Where a planned layer starts: at the bytes that are here, free to go on to anything. */
export const planned = ({ digest, size, action, offset }: PlannedLayer): LayerEvent => ({
  type: 'layer',
  digest,
  status: 'waiting',
  current: action === 'exists' ? size : offset,
  total: size,
})

/**
 * `next` as it may be told after `before`, or undefined where it may not be told: after the layer's end (but for a
 * restart), where it goes back, and where it says `extracting` while bytes still come in: unpacking behind a download
 * shows once it is alone. The host that serves a layer is repeated until another does; a count that falls without a
 * restart is lifted.
 */
export function nextEvent(before: LayerEvent, next: LayerEvent): LayerEvent | undefined {
  if (last.has(before.status) && next.status !== 'restart') return undefined
  if (next.status === 'extracting' && arriving.has(before.status)) return undefined
  const back = rankOf(next.status) < rankOf(before.status)
  if (back && !pauses.has(next.status) && !pauses.has(before.status)) return undefined
  const host = next.host ?? before.host
  return { ...next, ...(host !== undefined && { host }), current: countAfter(before, next) }
}

function countAfter(before: LayerEvent, next: LayerEvent): number {
  if (next.status === 'restart') return next.current
  if (partial.has(next.status)) return Math.max(fetchedOf(before), next.current)
  return before.status === next.status ? Math.max(before.current, next.current) : next.current
}
