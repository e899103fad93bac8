/** Reduces the plan and the layer events to the layers of a snapshot. */
import type { LayerEvent, PlannedLayer, PullEvent } from './event.js'
import { fetchedOf } from './layer-order.js'
import type { LayerSnapshot } from './snapshot-state.js'

/**
 * Adds planned layers to the known ones, one per digest, and returns them in the order of the plan. A known layer keeps
 * its state. Known layers that are not in the plan come last.
 */
export function addPlanned(
  known: readonly LayerSnapshot[],
  planned: readonly PlannedLayer[],
): readonly LayerSnapshot[] {
  const reported = new Map(known.map((layer) => [layer.digest, layer]))
  const layers = new Map<string, LayerSnapshot>()
  for (const plan of planned) layers.set(plan.digest, reported.get(plan.digest) ?? asPlanned(plan))
  return [...layers.values(), ...known.filter(({ digest }) => !layers.has(digest))]
}

const asPlanned = ({ digest, size, action, offset }: PlannedLayer): LayerSnapshot => {
  const present = action === 'exists' ? size : offset
  const status = action === 'exists' ? 'exists' : 'waiting'
  return { digest, status, current: present, total: size, fetched: present }
}

/** Returns the layers after `event`. A layer that is not in `layers` is appended. */
export function reduceLayer(
  layers: readonly LayerSnapshot[],
  event: LayerEvent & PullEvent,
): readonly LayerSnapshot[] {
  const next = asReported(event)
  if (layers.some(({ digest }) => digest === event.digest))
    return layers.map((layer) => (layer.digest === event.digest ? next : layer))
  return [...layers, next]
}

function asReported(event: LayerEvent & PullEvent): LayerSnapshot {
  const { digest, status, current, total, host, retryIn = 0, reason = '', attempt = 2 } = event
  const retry = { at: Date.parse(event.time) + retryIn, reason, attempt }
  return {
    digest,
    status,
    current,
    total,
    fetched: fetchedOf(event),
    ...(host !== undefined && { host }),
    ...(status === 'retrying' && { retry }),
  }
}
