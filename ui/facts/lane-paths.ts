/** Draws the lanes of a pull: one lane a layer, the network in its upper track, the disk in its lower. One path a kind. */
import type { Lane, LaneSpan, Lanes } from '../../lib/api/lanes.js'
import type { SharedLayers } from './lines.js'
import { box, outline } from './strip-paths.js'

/** The kinds of marks. */
export const markKinds = [
  'pause',
  'wait',
  'ready',
  'shared',
  'here',
  'down',
  'retry',
  'verify',
  'unpack',
  'hatched',
  'commit',
] as const
export type MarkKind = (typeof markKinds)[number]
export type LanePaths = Readonly<Record<MarkKind, string>>

/** Where the lanes are drawn. */
export interface LaneGeometry {
  /** Pixels from the left edge to the start of the pull, and from there to the end of the span. */
  readonly left: number
  readonly width: number
  /** Seconds of `width`. */
  readonly span: number
  readonly top: number
  /** Pixels from lane to lane, and of one track. */
  readonly pitch: number
  readonly track: number
  /** Pixels above a lane within its pitch. */
  readonly inset: number
}

/** Returns the pitch that lets `count` lanes fit into `height` pixels: 7 to 16. */
export const fittingPitch = (count: number, height: number): number =>
  Math.max(7, Math.min(16, Math.floor(height / Math.max(1, count))))

/** Height of one track of a lane of `pitch` pixels. */
export const trackOf = (pitch: number): number => Math.min(6, Math.floor((pitch - 1) / 2))

/** Returns the pixel of a time. */
export const xOf = ({ left, width, span }: LaneGeometry, startedAt: number, at: number): number =>
  left + (Math.max(0, at - startedAt) / 1000 / span) * width

/** Returns the paths at the time `now`, of the lanes `from` to `to` only (all). */
export function lanePaths(
  { lanes, pauses, startedAt = 0, endedAt }: Lanes,
  geometry: LaneGeometry,
  now: number,
  shared: SharedLayers | undefined,
): LanePaths {
  const paths = noPaths()
  const end = endedAt ?? now
  const { left, width, span, top, pitch, track, inset } = geometry
  const place = [startedAt, left, width, span, top, pitch, track, inset].join(' ')
  const x = (at: number): number => xOf(geometry, startedAt, at)
  lanes.forEach((lane, index) => {
    const isShared = shared?.has(lane.digest) === true
    const key = `${place} ${index} ${isShared}`
    const known = drawn.get(lane)
    const own = known?.key === key ? known.paths : noPaths()
    if (own !== known?.paths) {
      drawLane(own, { lane, y: top + index * pitch + inset, track, x, end, geometry, isShared })
      if (isOver(lane)) drawn.set(lane, { key, paths: own })
    }
    for (const kind of markKinds) if (own[kind] !== '') paths[kind] += own[kind]
  })
  const height = lanes.length * pitch
  for (const { from, to = end } of pauses)
    paths.pause += box(x(from), top, Math.max(1, x(to) - x(from)), height)
  return paths
}

/** The paths of lanes whose layers are committed: they change only with the geometry. */
const drawn = new WeakMap<Lane, { readonly key: string; readonly paths: Record<MarkKind, string> }>()

const isOver = ({ isStored, committedAt }: Lane): boolean => isStored || committedAt !== undefined

const noPaths = (): Record<MarkKind, string> => ({
  ...{ pause: '', wait: '', ready: '', shared: '', here: '', down: '' },
  ...{ retry: '', verify: '', unpack: '', hatched: '', commit: '' },
})

interface LaneDrawing {
  readonly lane: Lane
  readonly y: number
  readonly track: number
  readonly x: (at: number) => number
  readonly end: number
  readonly geometry: LaneGeometry
  readonly isShared: boolean
}

function drawLane(
  paths: Record<MarkKind, string>,
  { lane, y, track, x, end, geometry, isShared }: LaneDrawing,
): void {
  if (lane.isStored) {
    paths.here += outline(geometry.left, y, track * 2, track * 2)
    return
  }
  const until = ({ to = end }: LaneSpan): number => to
  if (isShared) {
    const [first] = lane.network
    const from = x(first?.from ?? end)
    paths.shared += outline(from, y, Math.max(2, x(lane.committedAt ?? end) - from), track * 2)
  } else {
    for (const span of lane.network) {
      const [from, to] = [x(span.from), x(until(span))]
      const middle = Math.round(y + track / 2) + 0.5
      if (span.stage === 'waits') paths.wait += dash(from, to, middle)
      else if (span.stage === 'retrying') paths.retry += box(from, y, Math.max(1, to - from), track)
      else if (span.stage === 'verifying') paths.verify += box(from - 1, y, Math.max(2, to - from), track)
      else paths.down += box(from, y, Math.max(1, to - from), track)
    }
    for (const span of lane.disk) {
      const [from, to] = [x(span.from), x(until(span))]
      if (span.stage === 'queued') paths.ready += dash(from, to, y + track + Math.floor(track / 2) + 0.5)
      else paths[track > 5 ? 'hatched' : 'unpack'] += box(from, y + track, Math.max(1, to - from), track)
    }
  }
  if (lane.committedAt !== undefined) paths.commit += box(x(lane.committedAt), y, 2, track * 2)
}

const dash = (from: number, to: number, y: number): string =>
  to > from + 1 ? `M${from.toFixed(1)} ${y}H${to.toFixed(1)}` : ''
