/** The layers' part of the state: from the plan, then from what each layer says of itself. */
import type { LayerEvent, PlannedLayer, PullEvent } from './event.js'
import { fetchedOf } from './layer-order.js'
import type { LayerSnapshot } from './snapshot-state.js'

/** The planned layers, one for each digest; what a layer has said already stands. */
export function addPlanned(
  known: readonly LayerSnapshot[],
  planned: readonly PlannedLayer[],
): readonly LayerSnapshot[] {
  const said = new Map(known.map((layer) => [layer.digest, layer]))
  const layers = new Map<string, LayerSnapshot>()
  for (const plan of planned) layers.set(plan.digest, said.get(plan.digest) ?? asPlanned(plan))
  return [...layers.values(), ...known.filter(({ digest }) => !layers.has(digest))]
}

const asPlanned = ({ digest, size, action, offset }: PlannedLayer): LayerSnapshot => {
  const here = action === 'exists' ? size : offset
  const status = action === 'exists' ? 'exists' : 'waiting'
  return { digest, status, current: here, total: size, fetched: here }
}

/** The layers after `event`. One that no plan named comes last. */
export function reduceLayer(
  layers: readonly LayerSnapshot[],
  event: LayerEvent & PullEvent,
): readonly LayerSnapshot[] {
  const next = asSaid(event)
  if (layers.some(({ digest }) => digest === event.digest))
    return layers.map((layer) => (layer.digest === event.digest ? next : layer))
  return [...layers, next]
}

function asSaid(event: LayerEvent & PullEvent): LayerSnapshot {
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
