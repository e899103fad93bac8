/** Renders a layer as one line: `4abcf2066143: Downloading [====>     ]  1.20 MB / 3.62 MB  mirror.example` */
import type { LayerSnapshot } from '../../lib/events/index.js'
import { ascii, fit } from './fit.js'
import { shortDigest, statusWords } from './layer-status.js'
import { formatBytes } from '../../lib/quantities.js'

/** Parameters of a line besides the state of the layer. */
export interface LayerView {
  readonly columns: number
  /** Milliseconds since 1970. */
  readonly now: number
  /** Host of the registry. The line names the host of a layer only if it is another one. */
  readonly registry: string | undefined
}

const maxBarWidth = 40
const minBarWidth = 10
/** Width of the longest status without variable parts. */
const statusWidth = 'Download complete'.length
/** Width of the byte counts, so that they align: `999.99 MB / 999 MB` and shorter. */
const countWidth = 17
/** Width of the space and the brackets around a bar, and of the two spaces after it. */
const barFrameWidth = 5

/**
 * Renders a layer. If there are too few columns, the line has no host; if there are even fewer, it has no bar either.
 */
export function layerLine(layer: LayerSnapshot, { columns, now, registry }: LayerView): string {
  const { status, current, total, host } = layer
  const name = `${shortDigest(layer.digest)}: ${ascii(statusWords(layer, now))}`
  if (status !== 'downloading' && status !== 'copying' && status !== 'extracting') return fit(name, columns)
  const start = name.padEnd(shortDigest(layer.digest).length + 2 + statusWidth)
  const count = `${formatBytes(current)} / ${formatBytes(total)}`
  const from = host === undefined || host === registry ? '' : `  ${ascii(host)}`
  const room = columns - start.length - count.padStart(countWidth).length - from.length - barFrameWidth
  if (room >= minBarWidth)
    return `${start} [${bar(current, total, Math.min(room, maxBarWidth))}]  ${count.padStart(countWidth)}${from}`
  const roomWithoutHost = columns - start.length - count.length - barFrameWidth
  if (roomWithoutHost >= minBarWidth) return `${start} [${bar(current, total, roomWithoutHost)}]  ${count}`
  return fit(`${name} ${count}`, columns)
}

/**
 * Renders a progress bar such as `====>     ` with `width` characters. It is full only if `current` has reached
 * `total`.
 */
export function bar(current: number, total: number, width: number): string {
  const share = total > 0 ? Math.min(1, Math.max(0, current / total)) : 1
  if (share === 1) return '='.repeat(width)
  const filled = Math.floor(share * width)
  return `${'='.repeat(filled)}>`.padEnd(width)
}
