/** Draws the seconds of each setting as a heat map. */
import { type BenchSetting, isSameSetting } from './grid.js'
import { mayBeNoise, type Spread } from './statistics.js'
import { label, type LegendItem, legendRows, svgDocument } from './svg.js'

/** What a heat map shows. */
export interface HeatMap {
  readonly title: string
  readonly settings: readonly { readonly setting: BenchSetting; readonly wall: Spread }[]
  readonly recommended: BenchSetting
}

/** Size of a cell in pixels. */
const cell = { width: 84, height: 44 }
const red = '#b3261e'

/**
 * Draws one cell for each setting; darker is slower. A frame marks the recommended setting, a dot each setting that may be
 * as fast as the fastest.
 */
export function heatMap({ title, settings, recommended }: HeatMap): string {
  const columns = sortedUnique(settings.map(({ setting }) => setting.downloads))
  const rows = sortedUnique(settings.map(({ setting }) => setting.unpacks))
  const fastest = settings.reduce((best, each) => (each.wall.median < best.wall.median ? each : best))
  const times = settings.map(({ wall }) => wall.median)
  const [least, most] = [Math.min(...times), Math.max(...times)]
  const left = 92
  const width = Math.max(left + columns.length * cell.width + 20, 640)
  const legend = legendRows(legendItems, width, 32)
  const key = colorKey(least, most, 32 + legend.height + 6)
  const top = 32 + legend.height + 60
  const cells = settings.map(({ setting, wall }) => {
    const x = left + columns.indexOf(setting.downloads) * cell.width
    const y = top + rows.indexOf(setting.unpacks) * cell.height
    const slowness = most === least ? 0 : (wall.median - least) / (most - least)
    const isChosen = isSameSetting(setting, recommended)
    const frame = isChosen ? `stroke="${red}" stroke-width="3"` : 'stroke="white"'
    const ink = slowness > 0.55 ? 'white' : 'black'
    const [cx, cy] = [x + cell.width / 2, y + cell.height / 2]
    return [
      `<rect class="setting" x="${x + 1}" y="${y + 1}" width="${cell.width - 2}" height="${cell.height - 2}" fill="${shade(slowness)}" ${frame}/>`,
      label(
        cx,
        cy + 1,
        wall.median.toFixed(2),
        `fill="${ink}" text-anchor="middle"${wall === fastest.wall ? ' font-weight="700"' : ''}`,
      ),
      label(
        cx,
        cy + 15,
        `${wall.least.toFixed(2)}–${wall.most.toFixed(2)}`,
        `fill="${ink}" text-anchor="middle" style="font-size:9px"`,
      ),
      ...(mayBeNoise(wall, fastest.wall)
        ? [`<circle class="near-fastest" cx="${x + 10}" cy="${y + 11}" r="4" fill="${ink}"/>`]
        : []),
    ].join('')
  })
  const bottom = top + rows.length * cell.height
  const axes = [
    ...columns.map((value, at) =>
      label(left + (at + 0.5) * cell.width, bottom + 16, `${value}`, 'text-anchor="middle"'),
    ),
    label(left, bottom + 34, 'layers downloaded at once'),
    ...rows.map((value, at) =>
      label(left - 8, top + (at + 0.6) * cell.height, `${value}`, 'text-anchor="end"'),
    ),
    label(12, top - 8, 'layers unpacked at once'),
  ]
  return svgDocument(width, bottom + 46, title, [...legend.parts, ...key, ...cells, ...axes])
}

const legendItems: readonly LegendItem[] = [
  {
    symbol: `<rect x="1" y="1" width="12" height="11" fill="white" stroke="${red}" stroke-width="3"/>`,
    text: 'recommended: least concurrency within 5 % of the fastest',
  },
  {
    symbol: '<circle cx="7" cy="7" r="4" fill="black"/>',
    text: 'may be as fast as the fastest (bold): the difference is within the noise',
  },
  {
    symbol: `<rect x="1" y="1" width="12" height="11" fill="${shade(0.3)}"/>`,
    text: 'seconds of a pull: the median of the runs; below it, the least and the most',
  },
]

/** Draws the shades with the times that they stand for. */
function colorKey(least: number, most: number, top: number): string[] {
  const [left, steps, width, height] = [92, 24, 10, 12]
  const bar = Array.from({ length: steps }, (_, at) => {
    const fill = shade(most === least ? 0 : at / (steps - 1))
    return `<rect class="shade" x="${left + at * width}" y="${top}" width="${width}" height="${height}" fill="${fill}"/>`
  })
  const end = left + steps * width
  return [
    ...bar,
    label(left - 8, top + 11, `${least.toFixed(2)} s`, 'text-anchor="end"'),
    label(end + 8, top + 11, most === least ? 'all are equal' : `${most.toFixed(2)} s: darker is slower`),
  ]
}

const sortedUnique = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b)

/** Returns a colour from pale blue (0) to dark blue (1). */
function shade(slowness: number): string {
  const mix = (from: number, to: number): number => Math.round(from + (to - from) * slowness)
  return `rgb(${mix(226, 12)},${mix(240, 55)},${mix(250, 110)})`
}
