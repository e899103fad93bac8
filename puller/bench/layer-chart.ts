/** Draws what the layers of a pull did when. */
import { formatCount } from '../../lib/quantities.js'
import type { BenchSetting } from './grid.js'
import { label, type LegendItem, legendRows, svgDocument } from './svg.js'
import type { Timeline, TimelineStage } from './timeline.js'

const stages: Readonly<Record<TimelineStage, { readonly color: string; readonly text: string }>> = {
  slot: { color: '#d8d8d8', text: 'waits for its download to begin' },
  download: { color: '#4c78a8', text: 'is downloaded, and unpacked meanwhile if an unpack slot is free' },
  retry: { color: '#e45756', text: 'waits for a retry' },
  unpack: { color: '#54a24b', text: 'is downloaded completely: waits for an unpack slot, or is unpacked' },
}
const beforePlan = '#fbf0cf'

const legendItems: readonly LegendItem[] = [
  {
    symbol: `<rect y="2" width="13" height="10" fill="${beforePlan}"/><path d="M13 0V14" stroke="black" stroke-dasharray="2,2"/>`,
    text: 'the manifest is fetched; from the dotted line on, the layers are known',
  },
  ...Object.values(stages).map(({ color, text }) => ({
    symbol: `<rect y="2" width="13" height="10" fill="${color}"/>`,
    text,
  })),
]

/**
 * Draws one row for each layer, with a bar for each stage over the time of the run. Layers are numbered in the order in which their
 * downloads began, which differs between runs.
 */
export function layerChart(title: string, { downloads, unpacks }: BenchSetting, run: Timeline): string {
  const layers = [...new Set(run.spans.map(({ layer }) => layer))]
  const [left, width, height] = [70, 820, 16]
  const legend = legendRows(legendItems, width, 32)
  const top = 32 + legend.height + 10
  const bottom = top + layers.length * height
  const scale = (milliseconds: number): number =>
    Number((left + (milliseconds / run.end) * (width - left - 30)).toFixed(1))
  const bars = run.spans.map(({ layer, stage, from, to }) => {
    const y = top + layers.indexOf(layer) * height
    const [x, until] = [scale(from), scale(to)]
    return `<rect class="span" x="${x}" y="${y + 1}" width="${Math.max(0.5, until - x).toFixed(1)}" height="${height - 2}" fill="${stages[stage].color}"/>`
  })
  const names = layers.map((_, at) =>
    label(left - 8, top + at * height + 12, `layer ${at + 1}`, 'text-anchor="end"'),
  )
  const step = roundStep(run.end)
  const times = Array.from({ length: Math.floor(run.end / step) + 1 }, (_, at) => at * step)
  const ticks = times.flatMap((at) => [
    `<path d="M${scale(at)} ${bottom}v4" stroke="#555"/>`,
    label(scale(at), bottom + 18, `${Number((at / 1000).toFixed(3))} s`, 'text-anchor="middle"'),
  ])
  const plan = [
    `<rect class="before-plan" x="${left}" y="${top}" width="${(scale(run.plan) - left).toFixed(1)}" height="${bottom - top}" fill="${beforePlan}"/>`,
    `<path class="plan" d="M${scale(run.plan)} ${top - 4}V${bottom}" stroke="black" stroke-dasharray="2,2"/>`,
  ]
  const axis = [
    `<path d="M${left} ${bottom}H${scale(run.end)}" stroke="#555"/>`,
    label(
      left,
      bottom + 36,
      'time since the start of the pull; layers in the order in which their downloads began',
    ),
  ]
  const heading = `${title}: ${formatCount(downloads, 'download')} and ${formatCount(unpacks, 'unpack')} at once`
  return svgDocument(width, bottom + 46, heading, [
    ...legend.parts,
    ...bars,
    ...plan,
    ...ticks,
    ...axis,
    ...names,
  ])
}

/** Returns the distance of the ticks for a duration: 1, 2 or 5 times a power of ten, so that there are 5 to 12 of them. */
function roundStep(duration: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(duration, 10) / 5))
  const digit = [5, 2].find((each) => each * power <= duration / 5) ?? 1
  return digit * power
}
