/**
 * Renders the progress of a pull as lines. The lines depend only on the state of the pull, the size of the terminal,
 * the rate and the time.
 */
import { type PullSnapshot, secondsLeft } from '../../lib/events/index.js'
import { formatBytes, formatTimeLeft } from '../../lib/quantities.js'
import { ascii, fit } from './fit.js'
import type { View } from './frame-view.js'
import { layerLines } from './layer-lines.js'
import { isFinished, shortDigest } from './layer-status.js'
import { noPaint } from './paint.js'
import { rateLimitNote } from './rate-limit-note.js'
import { copyLine, statusLine } from './status-line.js'

/** Maximum number of warnings in a frame of limited height. */
const maxWarnings = 2

/** Renders the lines of a frame, top to bottom, none wider than `view.columns`. */
export function frame(snapshot: PullSnapshot, view: View): string[] {
  if (snapshot.phase === 'idle') return []
  const { paint = noPaint, columns } = view
  const outcome = outcomeLine(snapshot)
  const total = totalLine(snapshot, view)
  const head = [paint('head', fit(headLine(snapshot), columns)), ...warningLines(snapshot, view)]
  const foot = [
    ...(total === undefined ? [] : [fit(total, columns)]),
    ...(outcome === undefined
      ? []
      : [paint(snapshot.phase === 'cancelled' ? 'warning' : 'good', fit(outcome, columns))]),
  ]
  const room = view.rows - head.length - foot.length
  return [...head, ...layerLines(snapshot, view, room), ...foot].slice(0, Math.max(1, view.rows))
}

/** Returns the name of the image, or of source and target of a copy. */
export const nameOf = ({ reference = '', target }: PullSnapshot): string =>
  target === undefined ? ascii(reference) : `${ascii(reference)} -> ${ascii(target)}`

function headLine(snapshot: PullSnapshot): string {
  const { platform, phase, manifests, paused } = snapshot
  const digest = manifests[0]?.digest
  const name = `${nameOf(snapshot)}  ${ascii(platform ?? '')}`.trimEnd()
  const end = paused ? '  paused' : ''
  if (phase === 'resolving') return `${name}  resolving${end}`
  return `${name}${digest === undefined ? '' : `  ${shortDigest(digest)}`}${end}`
}

/** Renders the warnings of a pull; the last ones only, if the height is limited. */
export const warningLines = (
  { warnings }: PullSnapshot,
  { rows, columns, paint = noPaint }: View,
): string[] =>
  (Number.isFinite(rows) ? warnings.slice(-maxWarnings) : warnings).map(({ message }) =>
    paint('warning', fit(`warning: ${ascii(message)}`, columns)),
  )

function totalLine(snapshot: PullSnapshot, { rate, now, columns }: View): string | undefined {
  const { layers, totals, phase, target, paused } = snapshot
  if (!totals) return undefined
  const parts = [
    `Total: ${layers.filter(isFinished).length}/${layers.length} ${target === undefined ? 'layers' : 'blobs'}`,
    `${formatBytes(totals.fetched)} / ${formatBytes(totals.total)}`,
  ]
  if (phase !== 'pulling') return parts.join('  ')
  parts.push(`${Math.floor(totals.fraction * 100)} %`)
  if (paused) return [...parts, 'paused'].join('  ')
  const left = secondsLeft(snapshot, now)
  const end = left !== undefined && left > 0 ? [`${formatTimeLeft(left * 1000)} left`] : []
  if (rate === undefined || totals.fetched >= totals.total) return [...parts, ...end].join('  ')
  const whole = [...parts, `${formatBytes(rate)}/s`, ...end].join('  ')
  const withoutRate = [...parts, ...end].join('  ')
  // The time left says more than the rate.
  return whole.length > columns && withoutRate.length <= columns ? withoutRate : whole
}

/** Returns the line for the outcome of a pull; none before its end, and none if it failed. */
export function outcomeLine({
  phase,
  result,
  copied,
  reference = '',
  manifests,
}: PullSnapshot): string | undefined {
  if (phase === 'cancelled') return 'Cancelled'
  if (phase === 'done' && copied)
    return copyLine({ ...copied, from: ascii(copied.from), name: ascii(copied.name) })
  if (phase !== 'done' || !result) return undefined
  return `${statusLine(ascii(reference), result.status)}${ascii(rateLimitNote({ manifests }))}`
}
