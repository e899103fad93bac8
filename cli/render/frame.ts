/**
 * Renders the progress of a pull as lines. The lines depend only on the state of the pull, the size of the terminal,
 * the rate and the time.
 */
import {
  type LayerSnapshot,
  type LayerStatus,
  type PullSnapshot,
  secondsLeft,
} from '../../lib/events/index.js'
import { ascii, fit } from './fit.js'
import { layerLine } from './layer-line.js'
import { shortDigest } from './layer-status.js'
import { formatBytes, formatCount, formatTimeLeft } from '../../lib/quantities.js'
import { copyLine, statusLine } from './status-line.js'

/** Parameters of a frame besides the state of the pull. */
export interface View {
  readonly columns: number
  /** Maximum number of lines; Infinity for the last frame, which stays on the screen. */
  readonly rows: number
  /** Milliseconds since 1970. */
  readonly now: number
  /** Bytes per second over the last seconds; undefined if it is not known. */
  readonly rate: number | undefined
}

/** Maximum number of warnings in a frame of limited height. */
const maxWarnings = 2

/** Renders the lines of a frame, top to bottom, none wider than `view.columns`. */
export function frame(snapshot: PullSnapshot, view: View): string[] {
  if (snapshot.phase === 'idle') return []
  const head = [headLine(snapshot), ...warningLines(snapshot, view)].map((line) => fit(line, view.columns))
  const foot = [totalLine(snapshot, view), outcomeLine(snapshot)]
    .filter((line) => line !== undefined)
    .map((line) => fit(line, view.columns))
  const room = view.rows - head.length - foot.length
  return [...head, ...layerLines(snapshot, view, room), ...foot].slice(0, Math.max(1, view.rows))
}

function headLine({ reference = '', target, platform, phase, manifests, paused }: PullSnapshot): string {
  const digest = manifests[0]?.digest
  const images = target === undefined ? ascii(reference) : `${ascii(reference)} -> ${ascii(target)}`
  const name = `${images}  ${ascii(platform ?? '')}`.trimEnd()
  const end = paused ? '  paused' : ''
  if (phase === 'resolving') return `${name}  resolving${end}`
  return `${name}${digest === undefined ? '' : `  ${shortDigest(digest)}`}${end}`
}

const warningLines = ({ warnings }: PullSnapshot, { rows }: View): string[] =>
  (Number.isFinite(rows) ? warnings.slice(-maxWarnings) : warnings).map(
    ({ message }) => `warning: ${ascii(message)}`,
  )

function layerLines({ layers, manifests, target }: PullSnapshot, view: View, room: number): string[] {
  const draw = (layer: LayerSnapshot): string =>
    layerLine(layer, { columns: view.columns, now: view.now, registry: manifests[0]?.host })
  if (layers.length <= room) return layers.map(draw)
  const shown = mostActive(layers, Math.max(0, room - 1))
  const hidden = layers.filter((layer) => !shown.has(layer))
  const done = hidden.filter(isFinished).length
  const noun = target === undefined ? 'more layer' : 'more blob'
  const more = `... and ${formatCount(hidden.length, noun)}: ${done} complete, ${hidden.length - done} pending`
  const lines = layers.filter((layer) => shown.has(layer)).map(draw)
  return room > 0 ? [...lines, fit(more, view.columns)] : []
}

const finishedStatuses: ReadonlySet<LayerStatus> = new Set(['complete', 'exists', 'copied', 'mounted'])

const isFinished = ({ status }: LayerSnapshot): boolean => finishedStatuses.has(status)

/** Chooses `count` layers: active layers first, then waiting ones, then finished ones. */
function mostActive(layers: readonly LayerSnapshot[], count: number): ReadonlySet<LayerSnapshot> {
  const rank = (layer: LayerSnapshot): number => (isFinished(layer) ? 2 : layer.status === 'waiting' ? 1 : 0)
  return new Set([...layers].sort((a, b) => rank(a) - rank(b)).slice(0, count))
}

function totalLine(snapshot: PullSnapshot, { rate, now }: View): string | undefined {
  const { layers, totals, phase, target, paused } = snapshot
  if (!totals) return undefined
  const parts = [
    `Total: ${layers.filter(isFinished).length}/${layers.length} ${target === undefined ? 'layers' : 'blobs'}`,
    `${formatBytes(totals.fetched)} / ${formatBytes(totals.total)}`,
  ]
  if (phase !== 'pulling') return parts.join('  ')
  parts.push(`${Math.floor(totals.fraction * 100)} %`)
  if (paused) return [...parts, 'paused'].join('  ')
  if (rate !== undefined && totals.fetched < totals.total) parts.push(`${formatBytes(rate)}/s`)
  const left = secondsLeft(snapshot, now)
  if (left !== undefined && left > 0) parts.push(`${formatTimeLeft(left * 1000)} left`)
  return parts.join('  ')
}

function outcomeLine({ phase, result, copied, reference = '' }: PullSnapshot): string | undefined {
  if (phase === 'cancelled') return 'Cancelled'
  if (phase === 'done' && copied)
    return copyLine({ ...copied, from: ascii(copied.from), name: ascii(copied.name) })
  if (phase !== 'done' || !result) return undefined
  return statusLine(ascii(reference), result.status)
}
