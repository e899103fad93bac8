/** Renders the layers of a pull in a limited number of lines: finished layers fold first, then waiting ones. */
import type { LayerSnapshot, PullSnapshot } from '../../lib/events/index.js'
import { formatCount } from '../../lib/quantities.js'
import { fit } from './fit.js'
import type { View } from './frame-view.js'
import { layerLine } from './layer-line.js'
import { isActive, isFinished } from './layer-status.js'
import { type Tone, noPaint } from './paint.js'

/**
 * Renders the layers in at most `room` lines. If they do not fit, one line counts those that are finished; if the others do not fit
 * either, the active ones are shown first, and a last line counts the rest.
 */
export function layerLines({ layers, manifests, target }: PullSnapshot, view: View, room: number): string[] {
  const { columns, now, paint = noPaint } = view
  if (room <= 0) return []
  const registry = manifests[0]?.host
  const draw = (layer: LayerSnapshot): string => {
    const line = layerLine(layer, { columns, now, registry })
    const tone = toneOf(layer)
    return tone ? paint(tone, line) : line
  }
  if (layers.length <= room) return layers.map(draw)
  const noun = target === undefined ? 'layer' : 'blob'
  const open = layers.filter((layer) => !isFinished(layer))
  const finished = layers.length - open.length
  const folded = finished > 0 ? [paint('quiet', fit(`${formatCount(finished, noun)} complete`, columns))] : []
  const left = room - folded.length
  if (open.length <= left) return [...folded, ...open.map(draw)]
  const shown = new Set([...open].sort((a, b) => rank(a) - rank(b)).slice(0, Math.max(0, left - 1)))
  const hidden = open.filter((layer) => !shown.has(layer))
  const active = hidden.filter(isActive).length
  const parts = [
    ...(active > 0 ? [`${active} active`] : []),
    ...(hidden.length > active ? [`${hidden.length - active} waiting`] : []),
  ]
  const more = `... and ${formatCount(hidden.length, `more ${noun}`)}: ${parts.join(', ')}`
  // With one line, what is to be done says more than what is done.
  const lines = left > 0 ? [...folded, ...open.filter((each) => shown.has(each)).map(draw)] : []
  return [...lines, paint('quiet', fit(more, columns))]
}

const rank = (layer: LayerSnapshot): number => (isActive(layer) ? 0 : 1)

function toneOf(layer: LayerSnapshot): Tone | undefined {
  if (layer.status === 'retrying') return 'warning'
  return isActive(layer) ? undefined : 'quiet'
}
