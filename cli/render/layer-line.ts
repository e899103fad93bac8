/** One layer as one line of a terminal: `4abcf2066143: Downloading [====>     ]  1.20 MB / 3.62 MB  mirror.example` */
import type { LayerSnapshot } from '../../lib/events/index.js'
import { ascii, fit } from './fit.js'
import { shortDigest, statusWords } from './layer-status.js'
import { formatBytes } from './quantities.js'

export interface LayerView {
  readonly columns: number
  /** Milliseconds since 1970. */
  readonly now: number
  /** Who is expected to serve: only others are named. */
  readonly registry: string | undefined
}

const widestBar = 40
const narrowestBar = 10
const statusWidth = 'Download complete'.length

export function layerLine(layer: LayerSnapshot, { columns, now, registry }: LayerView): string {
  const { status, current, total, host } = layer
  const name = `${shortDigest(layer.digest)}: ${ascii(statusWords(layer, now))}`
  if (status !== 'downloading' && status !== 'extracting') return fit(name, columns)
  const start = name.padEnd(shortDigest(layer.digest).length + 2 + statusWidth)
  const count = `${formatBytes(current)} / ${formatBytes(total)}`
  const from = host === undefined || host === registry ? '' : `  ${ascii(host)}`
  const room = columns - start.length - count.padStart(17).length - from.length - 5
  if (room >= narrowestBar)
    return `${start} [${bar(current, total, Math.min(room, widestBar))}]  ${count.padStart(17)}${from}`
  const bare = columns - start.length - count.length - 5
  if (bare >= narrowestBar) return `${start} [${bar(current, total, bare)}]  ${count}`
  return fit(`${name} ${count}`, columns)
}

/** `====>     `, `width` characters wide; full only when all is here. */
export function bar(current: number, total: number, width: number): string {
  const share = total > 0 ? Math.min(1, Math.max(0, current / total)) : 1
  if (share === 1) return '='.repeat(width)
  const filled = Math.floor(share * width)
  return `${'='.repeat(filled)}>`.slice(0, width).padEnd(width)
}
