/** Computes the layers of a snapshot from the `plan` event and the `layer` events. */
import type { LayerEvent, PlannedLayer, PullEvent } from './event.js'
import { fetchedOf, unpackedOf } from './layer-order.js'
import type { LayerSnapshot } from './snapshot-state.js'

/**
 * Returns one layer per digest: the planned ones in the order of the plan, then the known ones that are not in the
 * plan. A known layer keeps its state.
 */
export function addPlanned(
  known: readonly LayerSnapshot[],
  planned: readonly PlannedLayer[],
): readonly LayerSnapshot[] {
  const reported = new Map(known.map((layer) => [layer.digest, layer]))
  const layers = new Map<string, LayerSnapshot>()
  for (const plan of planned) layers.set(plan.digest, reported.get(plan.digest) ?? initialLayer(plan))
  return [...layers.values(), ...known.filter(({ digest }) => !layers.has(digest))]
}

const initialLayer = ({ digest, size, action, offset }: PlannedLayer): LayerSnapshot => {
  const present = action === 'exists' ? size : offset
  const status = action === 'exists' ? 'exists' : 'waiting'
  const unpacked = action === 'exists' ? size : 0
  return { digest, status, current: present, total: size, fetched: present, unpacked }
}

/** Returns the layers after `event`. A layer that is not in `layers` is appended. */
export function reduceLayer(
  layers: readonly LayerSnapshot[],
  event: LayerEvent & PullEvent,
): readonly LayerSnapshot[] {
  const before = layers.find(({ digest }) => digest === event.digest)
  const next = layerAfter(event, before)
  if (before) return layers.map((layer) => (layer.digest === event.digest ? next : layer))
  return [...layers, next]
}

function layerAfter(event: LayerEvent & PullEvent, before: LayerSnapshot | undefined): LayerSnapshot {
  const { digest, status, current, total, host, retryIn = 0, reason = '', attempt = 2 } = event
  const retry = { at: Date.parse(event.time) + retryIn, reason, attempt }
  const fetched = fetchedOf(event)
  const fetchedAt = fetched < total ? undefined : (before?.fetchedAt ?? Date.parse(event.time))
  return {
    digest,
    status,
    current,
    total,
    fetched,
    ...(fetchedAt !== undefined && { fetchedAt }),
    unpacked: unpackedOf(event),
    ...(host !== undefined && { host }),
    ...(status === 'retrying' && { retry }),
  }
}
