/** Draws the strip of a pull: one cell a layer, whose height is how far the layer is. Eight paths, whatever the number of layers. */
import type { LayerSnapshot } from '../../lib/events/snapshot-state.js'
import type { SharedLayers } from './lines.js'

export const stripHeight = 18
/** Height of a full cell. */
const full = 17
/** More layers than these share cells. */
const maxCells = 120

/** The paths of a strip. */
export interface StripPaths {
  readonly base: string
  readonly done: string
  readonly here: string
  readonly down: string
  readonly ready: string
  readonly unpack: string
  readonly shared: string
  readonly bad: string
}

type Kind = keyof StripPaths

interface Cell {
  readonly kind: Kind
  readonly height: number
}

/** Order of kinds in a merged cell: the least advanced is shown, and trouble before all. */
const order: readonly Kind[] = ['bad', 'base', 'down', 'shared', 'ready', 'unpack', 'done', 'here']

/** Returns the paths for `width` pixels. `failed`: digest of the layer that the pull failed with. */
export function stripPaths(
  layers: readonly LayerSnapshot[],
  width: number,
  shared: SharedLayers | undefined,
  failed?: string,
): StripPaths {
  const cells = merged(
    layers.map((layer) => cellOf(layer, shared?.has(layer.digest) === true, layer.digest === failed)),
  )
  const { base, lefts, cell } = gridOf(cells.length, width)
  const paths: Record<Kind, string> = {
    base,
    done: '',
    here: '',
    down: '',
    ready: '',
    unpack: '',
    shared: '',
    bad: '',
  }
  cells.forEach(({ kind, height }, index) => {
    if (kind === 'base') return
    const left = lefts[index]!
    paths[kind] +=
      kind === 'here' || kind === 'shared'
        ? outline(Number(left), full - height, cell, height)
        : `M${left} ${n(full - height)}h${n(cell)}v${n(height)}h${n(-cell)}z`
  })
  return paths
}

/** Places of the cells of a strip: they are the same at every update, so they are computed once. */
interface Grid {
  readonly base: string
  /** Left edge of each cell, as text. */
  readonly lefts: readonly string[]
  /** Width of a cell. */
  readonly cell: number
}

const grids = new Map<string, Grid>()

function gridOf(count: number, width: number): Grid {
  const key = `${count} ${width}`
  const known = grids.get(key)
  if (known) return known
  const gap = count > 40 ? 1 : 2
  const cell = Math.max(1.5, Math.min(14, (width - gap * (count - 1)) / Math.max(1, count)))
  const lefts = Array.from({ length: count }, (_, index) => n(index * (cell + gap)))
  const base = lefts.map((left) => box(Number(left), full, cell, 1)).join('')
  // A window that is resized has many widths.
  if (grids.size >= 64) grids.clear()
  const grid = { base, lefts, cell }
  grids.set(key, grid)
  return grid
}

function cellOf(
  { status, fetched, unpacked, total }: LayerSnapshot,
  isShared: boolean,
  isFailed: boolean,
): Cell {
  const half = total > 0 ? Math.min(1, fetched / total) * 8 : 8
  if (status === 'exists') return { kind: 'here', height: full }
  if (status === 'complete') return { kind: 'done', height: full }
  if (status === 'retrying' || isFailed) return { kind: 'bad', height: 13 }
  if (isShared) return { kind: 'shared', height: Math.max(2, half) }
  if (status === 'extracting' || (status === 'downloaded' && unpacked > 0))
    return { kind: 'unpack', height: 8 + (total > 0 ? unpacked / total : 1) * 9 }
  if (status === 'downloaded') return { kind: 'ready', height: 8 }
  if (half > 0 && status !== 'waiting') return { kind: 'down', height: Math.max(1, half) }
  return half > 0 ? { kind: 'down', height: half } : { kind: 'base', height: 0 }
}

function merged(cells: readonly Cell[]): readonly Cell[] {
  if (cells.length <= maxCells) return cells
  const groups: Cell[] = []
  const size = cells.length / maxCells
  for (let group = 0; group < maxCells; group++) {
    const part = cells.slice(Math.floor(group * size), Math.floor((group + 1) * size))
    const least = part.reduce((a, b) => (order.indexOf(b.kind) < order.indexOf(a.kind) ? b : a))
    groups.push(least)
  }
  return groups
}

const n = (value: number): string => value.toFixed(1)
/** A filled rectangle. */
export const box = (x: number, y: number, width: number, height: number): string =>
  `M${n(x)} ${n(y)}h${n(width)}v${n(height)}h${n(-width)}z`
/** A rectangle whose line of 1 px lies within. */
export const outline = (x: number, y: number, width: number, height: number): string =>
  `M${n(x + 0.5)} ${n(y + 0.5)}h${n(Math.max(0.5, width - 1))}v${n(Math.max(0.5, height - 1))}h${n(-Math.max(0.5, width - 1))}z`
