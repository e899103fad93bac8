/**
 * Draws the report of `bench` as SVG: a heat map with the seconds of each setting, and timelines of the layers for the
 * fastest and the slowest setting.
 */
import { formatCount } from '../../lib/quantities.js'
import type { BenchReport } from './bench.js'
import { type BenchSetting, isSameSetting, type SettingResult } from './grid.js'
import type { TimelineStage } from './timeline.js'

/** The pictures of a report, as SVG documents by file name. */
export type BenchPictures = Readonly<Record<'heat-map.svg' | 'best-run.svg' | 'worst-run.svg', string>>

/** Returns the pictures of a report. */
export function drawBench(report: BenchReport): BenchPictures {
  const resultOf = (wanted: BenchSetting): SettingResult =>
    report.settings.find(({ setting }) => isSameSetting(setting, wanted))!
  return {
    'heat-map.svg': heatMap(report),
    'best-run.svg': timeline('The fastest setting', resultOf(report.fastest)),
    'worst-run.svg': timeline('The slowest setting', resultOf(report.slowest)),
  }
}

const font = 'font-family="system-ui, sans-serif"'

/** Escapes text for SVG: image names come from users. */
const escapeXml = (text: string): string => text.replace(/[<>&"']/g, (sign) => `&#${sign.charCodeAt(0)};`)

const label = (x: number, y: number, content: string, more = ''): string =>
  `<text x="${x}" y="${y}" ${font} font-size="12" ${more}>${escapeXml(content)}</text>`

function document(width: number, height: number, title: string, parts: readonly string[]): string {
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    label(12, 20, title, 'font-weight="600"'),
    ...parts,
    '</svg>\n',
  ].join('\n')
}

/** Size of a cell of the heat map in pixels. */
const cell = { width: 84, height: 44 }

/** Draws one cell for each setting; darker is slower. A frame marks the recommended setting. */
function heatMap({ image, settings, recommended }: BenchReport): string {
  const columns = sortedUnique(settings.map(({ setting }) => setting.downloads))
  const rows = sortedUnique(settings.map(({ setting }) => setting.unpacks))
  const times = settings.map(({ wall }) => wall.median)
  const [least, most] = [Math.min(...times), Math.max(...times)]
  const [left, top] = [92, 48]
  const parts = settings.map(({ setting, wall }) => {
    const x = left + columns.indexOf(setting.downloads) * cell.width
    const y = top + rows.indexOf(setting.unpacks) * cell.height
    const slowness = most === least ? 0 : (wall.median - least) / (most - least)
    const isChosen = isSameSetting(setting, recommended.setting)
    const frame = isChosen ? 'stroke="#b3261e" stroke-width="3"' : 'stroke="white"'
    const ink = slowness > 0.55 ? 'white' : 'black'
    const [cx, cy] = [x + cell.width / 2, y + cell.height / 2]
    return [
      `<rect x="${x + 1}" y="${y + 1}" width="${cell.width - 2}" height="${cell.height - 2}" fill="${shade(slowness)}" ${frame}/>`,
      label(cx, cy + 1, wall.median.toFixed(2), `fill="${ink}" text-anchor="middle"`),
      label(
        cx,
        cy + 15,
        `${wall.least.toFixed(2)}-${wall.most.toFixed(2)}`,
        `fill="${ink}" text-anchor="middle" style="font-size:9px"`,
      ),
    ].join('')
  })
  const bottom = top + rows.length * cell.height
  const axis = [
    ...columns.map((value, at) =>
      label(left + (at + 0.5) * cell.width, bottom + 16, `${value}`, 'text-anchor="middle"'),
    ),
    label(left, bottom + 34, 'layers downloaded at once'),
    ...rows.map((value, at) =>
      label(left - 8, top + (at + 0.6) * cell.height, `${value}`, 'text-anchor="end"'),
    ),
    label(12, top - 8, 'unpacked at once'),
    label(left, bottom + 52, 'seconds: median, least-most; framed: recommended', 'fill="#555"'),
  ]
  const width = Math.max(left + columns.length * cell.width + 20, 560)
  return document(width, bottom + 64, `Seconds for ${image}`, [...parts, ...axis])
}

const sortedUnique = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b)

/** Returns a colour from pale blue (0) to dark blue (1). */
function shade(slowness: number): string {
  const mix = (from: number, to: number): number => Math.round(from + (to - from) * slowness)
  return `rgb(${mix(226, 12)},${mix(240, 55)},${mix(250, 110)})`
}

const stages: Readonly<Record<TimelineStage, { readonly color: string; readonly text: string }>> = {
  slot: { color: '#d8d8d8', text: 'waits for a slot' },
  download: { color: '#4c78a8', text: 'is downloaded, and unpacked as it arrives' },
  retry: { color: '#e45756', text: 'waits for a retry' },
  unpack: { color: '#54a24b', text: 'the rest is unpacked' },
}

/** Draws one row for each layer, with a bar for each stage over the time of the run. */
function timeline(title: string, { setting, timeline: run }: SettingResult): string {
  const layers = [...new Set(run.spans.map(({ layer }) => layer))]
  const [left, top, width, height] = [70, 62, 800, 16]
  const scale = (milliseconds: number): number => left + (milliseconds / run.end) * (width - left - 20)
  const bars = run.spans.map(({ layer, stage, from, to }) => {
    const y = top + layers.indexOf(layer) * height
    const [x, until] = [scale(from), scale(to)]
    return `<rect x="${x.toFixed(1)}" y="${y + 1}" width="${Math.max(0.5, until - x).toFixed(1)}" height="${height - 2}" fill="${stages[stage].color}"/>`
  })
  const bottom = top + layers.length * height
  const names = layers.map((_, at) =>
    label(left - 8, top + at * height + 12, `layer ${at + 1}`, 'text-anchor="end"'),
  )
  const ticks = Array.from({ length: 6 }, (_, at) => (run.end / 5) * at).flatMap((at) => [
    `<line x1="${scale(at)}" y1="${top}" x2="${scale(at)}" y2="${bottom}" stroke="#bbb" stroke-dasharray="2,3"/>`,
    label(scale(at), bottom + 16, `${(at / 1000).toFixed(2)} s`, 'text-anchor="middle"'),
  ])
  let x = 12
  const legend = Object.values(stages).map(({ color, text }) => {
    const at = x
    x += 30 + text.length * 6.3
    return `<circle cx="${at + 5}" cy="38" r="5" fill="${color}"/>${label(at + 14, 42, text)}`
  })
  const { downloads, unpacks } = setting
  const heading = `${title}: ${formatCount(downloads, 'download')} and ${formatCount(unpacks, 'unpack')} at once`
  return document(width, bottom + 28, heading, [...legend, ...ticks, ...bars, ...names])
}
