/** Draws a sweep: the time by setting, and timelines of the layers in the best and the worst run. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as Plot from '@observablehq/plot'
import type { SettingResult } from '../concurrency/sweep.js'
import type { TimelineStage as Stage } from '../../puller/bench/timeline.js'
import { type NamedSweep, plotFile } from '../concurrency/table.js'
import { legend, stacked, svgOf } from './svg.js'

export async function drawSweep({ name, result }: NamedSweep, directory: string): Promise<void> {
  const file = (what: 'heat' | 'best' | 'worst'): string => join(directory, plotFile(name, what))
  await writeFile(file('heat'), heatMap(name, result.settings))
  await writeFile(file('best'), gantt(`${name}: the best`, result.fastest))
  await writeFile(file('worst'), gantt(`${name}: the worst`, result.slowest))
}

export function heatMap(title: string, settings: readonly SettingResult[]): string {
  const cells = settings.map(({ setting, wall }) => ({ ...setting, seconds: wall.median }))
  return svgOf(`${title}: seconds`, {
    marginLeft: 60,
    x: { label: 'downloads at once', type: 'band' },
    y: { label: 'unpacks at once', type: 'band' },
    color: { scheme: 'YlGnBu', reverse: true },
    marks: [
      Plot.cell(cells, { x: 'downloads', y: 'unpacks', fill: 'seconds', inset: 1 }),
      Plot.text(cells, {
        x: 'downloads',
        y: 'unpacks',
        text: ({ seconds }: { seconds: number }) => seconds.toFixed(2),
        fill: 'black',
        stroke: 'white',
      }),
    ],
  })
}

const stages: Readonly<Record<Stage, { readonly color: string; readonly text: string }>> = {
  slot: { color: '#d8d8d8', text: 'waits for a slot' },
  download: { color: '#4c78a8', text: 'download, unpacked as it comes' },
  retry: { color: '#e45756', text: 'before a retry' },
  unpack: { color: '#54a24b', text: 'unpacks what is left' },
}

export function gantt(title: string, { setting, timeline }: SettingResult): string {
  const order = [...new Set(timeline.spans.map(({ layer }) => layer))]
  const bars = timeline.spans.map(({ layer, stage, from, to }) => ({
    layer: `${order.indexOf(layer) + 1}`,
    ...{ stage, from: from / 1000, to: to / 1000 },
  }))
  const [width, height] = [800, 84 + 16 * order.length]
  const plot = svgOf(`${title}: ${setting.downloads} downloads, ${setting.unpacks} unpacks at once`, {
    ...{ width, height, marginLeft: 40 },
    x: { label: 'seconds', domain: [0, timeline.end / 1000] },
    y: { label: 'layer', domain: order.map((_, index) => `${index + 1}`) },
    color: { domain: Object.keys(stages), range: Object.values(stages).map(({ color }) => color) },
    marks: [
      Plot.barX(bars, { x1: 'from', x2: 'to', y: 'layer', fill: 'stage', insetTop: 1, insetBottom: 1 }),
      Plot.ruleX([timeline.plan / 1000], { strokeDasharray: '2,2' }),
    ],
  })
  const colors = new Map(Object.values(stages).map(({ color, text }) => [text, color]))
  return stacked([legend(colors, width), { svg: plot, height }], width)
}
