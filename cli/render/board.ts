/** Renders several pulls in one view: a line for each, its active layers below it, and a total. */
import { type PullSnapshot, secondsLeft } from '../../lib/events/index.js'
import { formatBytes, formatCount, formatTimeLeft } from '../../lib/quantities.js'
import { fit, fitEnd } from './fit.js'
import type { View } from './frame-view.js'
import { nameOf, outcomeLine, warningLines } from './frame.js'
import { bar, layerLine } from './layer-line.js'
import { isActive, isFinished } from './layer-status.js'
import { type Tone, noPaint } from './paint.js'

/** A pull in the view. */
export interface BoardPull {
  readonly snapshot: PullSnapshot
  /** Bytes per second over the last seconds; undefined if it is not known. */
  readonly rate: number | undefined
}

/** The pulls of the view that have ended and stand above it, and how many there will be. */
export interface BoardRest {
  readonly ended: number
  readonly fetched: number
  readonly total: number
  /** Number of all pulls; undefined if it is not known. */
  readonly expected: number | undefined
}

const noRest: BoardRest = { ended: 0, fetched: 0, total: 0, expected: undefined }

const indent = '  '
const minBarWidth = 12
const maxBarWidth = 30
/** Columns that the names of images may take, at least, and as a part of all. */
const minNameWidth = 24
const nameShare = 0.45

const hasEnded = ({ snapshot: { phase } }: BoardPull): boolean =>
  phase === 'done' || phase === 'failed' || phase === 'cancelled'

/**
 * Renders the pulls in at most `view.rows` lines. If they do not fit, those that have ended fold into one line first. Rows that are
 * left show active layers, which the pulls get in turn.
 */
export function board(pulls: readonly BoardPull[], view: View, rest: BoardRest = noRest): string[] {
  const { rows, columns, paint = noPaint } = view
  if (pulls.length === 0) return []
  const total = fit(totalLine(pulls, rest), columns)
  const warnings = pulls.flatMap(({ snapshot }) => warningLines(snapshot, view)).slice(-2)
  const room = rows - 1 - warnings.length
  if (room < 1) return [total]
  const { shown, folded } = choose(pulls, room)
  const nameWidth = Math.max(0, ...shown.map(({ snapshot }) => labelOf(snapshot).length))
  const layers = layersOf(shown, room - shown.length - folded.length, view)
  return [
    ...folded.map((line) => paint('quiet', fit(line, columns))),
    ...shown.flatMap((pull) => [pullLine(pull, view, nameWidth), ...(layers.get(pull) ?? [])]),
    ...warnings,
    total,
  ]
}

/** Chooses the pulls that get a line, and the lines for the others. */
function choose(
  pulls: readonly BoardPull[],
  room: number,
): { readonly shown: readonly BoardPull[]; readonly folded: readonly string[] } {
  if (pulls.length <= room) return { shown: pulls, folded: [] }
  const open = pulls.filter((pull) => !hasEnded(pull))
  const ended = pulls.length - open.length
  const endedLine = ended > 0 ? [`${formatCount(ended, 'image')} ended`] : []
  if (open.length + endedLine.length <= room) return { shown: open, folded: endedLine }
  const shown = open.slice(0, Math.max(0, room - endedLine.length - 1))
  const more = `... and ${formatCount(open.length - shown.length, 'more image')}`
  return { shown, folded: [...endedLine, more].slice(-Math.max(1, room)) }
}

/** Shares `room` lines among the pulls, one layer for each in turn. */
function layersOf(
  pulls: readonly BoardPull[],
  room: number,
  { columns, now, paint = noPaint }: View,
): ReadonlyMap<BoardPull, readonly string[]> {
  const active = pulls.map((pull) => ({
    ...{ pull, count: 0 },
    // A paused pull does nothing, whatever its layers were doing.
    layers: pull.snapshot.paused ? [] : pull.snapshot.layers.filter(isActive),
  }))
  for (let left = room; left > 0;) {
    const before = left
    for (const each of active)
      if (left > 0 && each.count < each.layers.length && !hasEnded(each.pull)) {
        each.count++
        left--
      }
    if (left === before) break
  }
  return new Map(
    active.map(({ pull, layers, count }) => [
      pull,
      layers.slice(0, count).map((layer) => {
        const registry = pull.snapshot.manifests[0]?.host
        const line = fit(
          indent + layerLine(layer, { columns: columns - indent.length, now, registry }),
          columns,
        )
        return layer.status === 'retrying' ? paint('warning', line) : line
      }),
    ]),
  )
}

/** The name without the parts that Docker leaves out. */
const labelOf = (snapshot: PullSnapshot): string => nameOf(snapshot).replace(/^docker\.io\/(library\/)?/, '')

/** Renders a pull: name, bar, per cent, time left, rate, bytes and layers, as far as they fit. */
function pullLine({ snapshot, rate }: BoardPull, view: View, widestName: number): string {
  const { columns, paint = noPaint } = view
  const name = labelOf(snapshot)
  const nameWidth = Math.min(widestName, Math.max(minNameWidth, Math.floor(columns * nameShare)))
  const shownName = fitEnd(name, nameWidth).padEnd(nameWidth)
  const state = stateOf(snapshot)
  if (state) return paint(state.tone, fit(`${shownName}  ${state.text}`, columns))
  const figures = figuresOf(snapshot, rate, view.now)
  let tail = ''
  for (const figure of figures)
    if (nameWidth + tail.length + figure.length + 4 <= columns) tail += `  ${figure}`
  const barRoom = columns - nameWidth - tail.length - 4
  const share = snapshot.totals?.fraction ?? 0
  const drawn = barRoom >= minBarWidth ? `  [${bar(share, 1, Math.min(barRoom, maxBarWidth))}]` : ''
  const rest = (drawn + tail).slice(0, Math.max(0, columns - nameWidth))
  return `${paint('head', fit(shownName, columns))}${rest.trimEnd()}`
}

/** Returns what a line says instead of figures; undefined while the pull runs. */
function stateOf(snapshot: PullSnapshot): { readonly text: string; readonly tone: Tone } | undefined {
  const { phase, paused, totals, result } = snapshot
  if (phase === 'failed') return { text: 'failed', tone: 'error' }
  if (phase === 'cancelled') return { text: 'cancelled', tone: 'warning' }
  if (phase === 'done') return { text: result?.status === 'up-to-date' ? 'up to date' : 'done', tone: 'good' }
  const percent = totals ? `  ${Math.floor(totals.fraction * 100)} %` : ''
  if (paused) return { text: `paused${percent}`, tone: 'quiet' }
  return totals ? undefined : { text: phase === 'planning' ? 'planning' : 'resolving', tone: 'quiet' }
}

/** Returns the figures of a running pull, the most important ones first. Their widths are constant, so that nothing moves. */
function figuresOf(snapshot: PullSnapshot, rate: number | undefined, now: number): readonly string[] {
  const { totals, layers } = snapshot
  if (!totals) return []
  const left = secondsLeft(snapshot, now)
  const { fraction, fetched, total } = totals
  return [
    `${String(Math.floor(fraction * 100)).padStart(3)} %`,
    (left !== undefined && left > 0 ? `${formatTimeLeft(left * 1000)} left` : '').padEnd(11),
    (rate !== undefined && fetched < total ? `${formatBytes(rate)}/s` : '').padEnd(9),
    `${formatBytes(fetched)} / ${formatBytes(total)}`.padEnd(17),
    `${layers.filter(isFinished).length}/${formatCount(layers.length, 'layer')}`,
  ]
}

function totalLine(pulls: readonly BoardPull[], rest: BoardRest): string {
  const sum = (numberOf: (pull: BoardPull) => number): number =>
    pulls.reduce((all, pull) => all + numberOf(pull), 0)
  const fetched = rest.fetched + sum(({ snapshot }) => snapshot.totals?.fetched ?? 0)
  const total = rest.total + sum(({ snapshot }) => snapshot.totals?.total ?? 0)
  const rate = sum((pull) => (hasEnded(pull) ? 0 : (pull.rate ?? 0)))
  const count = Math.max(rest.ended + pulls.length, rest.expected ?? 0)
  // Before all plans are known, there is more to come.
  const isLeast =
    count > rest.ended + pulls.length || pulls.some((pull) => !hasEnded(pull) && !pull.snapshot.totals)
  const parts = [
    `Total: ${rest.ended + pulls.filter(hasEnded).length}/${formatCount(count, 'image')}`,
    `${formatBytes(fetched)} / ${isLeast ? 'at least ' : ''}${formatBytes(total)}`,
    ...(rate > 0 ? [`${formatBytes(rate)}/s`] : []),
  ]
  return parts.join('  ')
}

/** Renders what stays of a pull of several that has ended: its outcome and its warnings. */
export function endLines(snapshot: PullSnapshot, view: View): string[] {
  const { columns, paint = noPaint } = view
  const outcome = outcomeLine(snapshot)
  const warnings = warningLines(snapshot, view)
  if (outcome === undefined) return warnings
  const size = snapshot.totals && snapshot.phase === 'done' ? `, ${formatBytes(snapshot.totals.total)}` : ''
  const text = snapshot.phase === 'cancelled' ? `${nameOf(snapshot)}: ${outcome}` : `${outcome}${size}`
  return [...warnings, paint(snapshot.phase === 'cancelled' ? 'warning' : 'good', fit(text, columns))]
}
