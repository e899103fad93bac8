/** A sweep as pictures: time by setting, and what the layers did in the best and the worst run. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as Plot from '@observablehq/plot'
import type { SettingResult } from '../concurrency/sweep.js'
import type { NamedSweep } from '../concurrency/table.js'
import { svgOf } from './svg.js'

export async function drawSweep({ name, result }: NamedSweep, directory: string): Promise<void> {
  const file = (what: string): string =>
    join(directory, `concurrency-${name.replace(/[^a-z0-9]+/gi, '-').toLowerCase()}-${what}.svg`)
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

const stages = ['slot', 'download', 'retry', 'unpack']
const legend = 'Grey: waits for a slot; blue: download; red: before a retry; green: unpacks what is left'

export function gantt(title: string, { setting, timeline }: SettingResult): string {
  const order = [...new Set(timeline.spans.map(({ layer }) => layer))]
  const bars = timeline.spans.map(({ layer, stage, from, to }) => ({
    layer: `${order.indexOf(layer) + 1}`,
    ...{ stage, from: from / 1000, to: to / 1000 },
  }))
  return svgOf(`${title}: ${setting.downloads} downloads, ${setting.unpacks} unpacks. ${legend}`, {
    width: 800,
    marginLeft: 40,
    height: 84 + 16 * order.length,
    x: { label: 'seconds', domain: [0, timeline.end / 1000] },
    y: { label: 'layer', domain: order.map((_, index) => `${index + 1}`) },
    color: { domain: stages, range: ['#d8d8d8', '#4c78a8', '#e45756', '#54a24b'] },
    marks: [
      Plot.barX(bars, { x1: 'from', x2: 'to', y: 'layer', fill: 'stage', insetTop: 1, insetBottom: 1 }),
      Plot.ruleX([timeline.plan / 1000], { strokeDasharray: '2,2' }),
    ],
  })
}
