/** Draws the growth on logarithmic scales: for each axis a panel with times and a panel with memory. */
import * as Plot from '@observablehq/plot'
import { axes, type Axis } from '../growth/axes.js'
import { growthOf, type Growth, type Measure } from '../growth/growth.js'
import type { GrowthPoint } from '../growth/measure.js'
import { arrangeInGrid, axisMarks, logScale, type Placed, stack, svgOf, textLines } from './svg.js'

interface Line {
  readonly measure: Measure
  readonly what: string
  readonly color: string
}

interface PanelKind {
  readonly title: string
  readonly label: string
  /** Value of one unit of the vertical axis. */
  readonly unit: number
  readonly lines: readonly Line[]
}

const kinds: readonly PanelKind[] = [
  {
    title: 'time',
    label: 'seconds',
    unit: 1,
    lines: [
      { measure: 'wall', what: 'elapsed time', color: '#4c78a8' },
      { measure: 'cpu', what: 'CPU time', color: '#c65d00' },
    ],
  },
  {
    title: 'memory',
    label: 'MB',
    unit: 1e6,
    lines: [{ measure: 'memory', what: 'peak memory', color: '#2f7d32' }],
  },
]

const size = { width: 560, height: 330 }

export function drawGrowth(points: readonly GrowthPoint[]): string {
  const panels = axes.flatMap((axis) => {
    const ofAxis = points.filter((point) => point.axis === axis.name).sort((a, b) => a.n - b.n)
    return ofAxis.length === 0 ? [] : kinds.map((kind) => panel(axis, kind, ofAxis))
  })
  const width = 2 * size.width
  const grid = arrangeInGrid(panels, 2, size)
  return stack(
    [
      textLines([
        { text: 'How the cost of a pull grows', color: 'black' },
        {
          text: 'A dot is the median of the runs, with a thin line from the least to the most. The figures are those of the larger sizes (filled dots), to which the dashed line is fitted.',
          color: '#444',
        },
        {
          text: 'Its exponent is 1 if the cost is proportional to the size, and 0 if it does not grow.',
          color: '#444',
        },
      ]),
      { svg: grid, height: Math.ceil(panels.length / 2) * size.height },
    ],
    width,
  )
}

function panel(axis: Axis, { title, label, unit, lines }: PanelKind, points: readonly GrowthPoint[]): string {
  const drawn = lines.map((line) => ({ ...line, growth: growthOf(axis, points, line.measure) }))
  const dots = drawn.flatMap(({ measure, color, growth }) =>
    points.map((point) => ({
      ...{ n: point.n, color, cost: point[measure].median / unit },
      ...{ least: point[measure].least / unit, most: point[measure].most / unit },
      fill: growth?.half.some(({ n }) => n === point.n) ? color : 'white',
    })),
  )
  const fitted = drawn.flatMap(({ color, growth }) =>
    growth === undefined ? [] : growth.half.map(({ n }) => ({ n, color, cost: growth.powerLaw(n) / unit })),
  )
  const [name = ''] = axis.title.split(':')
  const legend: Placed = textLines([
    { text: `${name}: ${title}`, color: 'black' },
    ...drawn.map(({ what, color, growth }) => ({ text: captionOf(what, growth), color })),
  ])
  const sizes = points.map(({ n }) => n)
  const x: Plot.ScaleOptions = {
    ...logScale(axis.unit === 'MB' ? 'MB' : `${axis.unit}s`, sizes),
    ...{ ticks: sizes, grid: false },
  }
  const y = logScale(
    label,
    dots.flatMap(({ least, most }) => [least, most]),
  )
  const plot = svgOf({
    width: size.width,
    height: size.height - legend.height,
    marginTop: 26,
    marginLeft: 50,
    marginRight: 30,
    marginBottom: 40,
    x,
    y,
    marks: [
      ...axisMarks({ x, y }),
      ...lines.map(({ color }) =>
        Plot.line(
          fitted.filter((each) => each.color === color),
          { x: 'n', y: 'cost', stroke: color, strokeWidth: 1.5, strokeDasharray: '5,4' },
        ),
      ),
      Plot.ruleX(dots, { x: 'n', y1: 'least', y2: 'most', stroke: (dot: { color: string }) => dot.color }),
      Plot.dot(dots, {
        x: 'n',
        y: 'cost',
        r: 3.5,
        fill: (dot: { fill: string }) => dot.fill,
        stroke: (dot: { color: string }) => dot.color,
      }),
    ],
  })
  return stack([legend, { svg: plot, height: size.height - legend.height }], size.width)
}

const captionOf = (what: string, growth: Growth | undefined): string =>
  growth === undefined ? what : `${what}: ${growth.said}, exponent ${growth.exponent.toFixed(2)}`
