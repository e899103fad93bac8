/** Draws the growth as four panels on log-log scales. */
import * as Plot from '@observablehq/plot'
import { axes, type Axis } from '../growth/axes.js'
import { growthOf, type Measure } from '../growth/growth.js'
import type { GrowthPoint } from '../growth/measure.js'
import { arrangeInGrid, svgOf } from './svg.js'

/** Units of the measures: seconds, and GB of memory, whose values are of similar magnitude. */
const measures: readonly { measure: Measure; what: string; unit: number; color: string }[] = [
  { measure: 'wall', what: 'time, s', unit: 1, color: '#4c78a8' },
  { measure: 'cpu', what: 'CPU, s', unit: 1, color: '#f58518' },
  { measure: 'memory', what: 'memory, GB', unit: 1e9, color: '#54a24b' },
]

const size = { width: 560, height: 360 }

export function drawGrowth(points: readonly GrowthPoint[]): string {
  const panels = axes.map((axis) =>
    panel(
      axis,
      points.filter((point) => point.axis === axis.name).sort((a, b) => a.n - b.n),
    ),
  )
  return arrangeInGrid(panels, 2, size)
}

function panel(axis: Axis, points: readonly GrowthPoint[]): string {
  const lines = measures.flatMap(({ measure, what, unit }) =>
    points.map((point) => ({
      ...{ n: point.n, what, cost: point[measure].median / unit },
      ...{ least: point[measure].least / unit, most: point[measure].most / unit },
    })),
  )
  const legend = measures.map(({ measure, what, color }, index) => {
    const growth = growthOf(axis, points, measure)
    const text = growth ? `${what}: ${growth.said}, exponent ${growth.exponent.toFixed(2)}` : what
    return Plot.text([text], {
      frameAnchor: 'top-left',
      dx: 6,
      dy: -8 + 13 * index,
      fontSize: 10,
      fill: color,
    })
  })
  return svgOf(`${axis.title.split(':')[0] ?? ''}: seconds, and GB of memory`, {
    ...size,
    marginLeft: 50,
    marginRight: 20,
    x: {
      type: 'log',
      label: axis.unit === 'MB' ? 'MB' : `${axis.unit}s`,
      ticks: points.map(({ n }) => n),
      tickFormat: (n: number) => n.toLocaleString('en'),
    },
    y: { type: 'log', label: null, grid: true, ticks: 5, tickFormat: '~g' },
    color: { domain: measures.map(({ what }) => what), range: measures.map(({ color }) => color) },
    marks: [
      Plot.ruleX(lines, { x: 'n', y1: 'least', y2: 'most', stroke: 'what', strokeOpacity: 0.5 }),
      Plot.line(lines, { x: 'n', y: 'cost', stroke: 'what' }),
      Plot.dot(lines, { x: 'n', y: 'cost', fill: 'what', r: 3 }),
      ...legend,
    ],
  })
}
