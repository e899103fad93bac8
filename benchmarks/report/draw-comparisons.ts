/** Draws the comparison: a row per image and work, a dot per contender, on a logarithmic scale. */
import * as Plot from '@observablehq/plot'
import type { Comparison } from '../compare.js'
import { inOrder } from '../table.js'
import { legend, stack, svgOf } from './svg.js'

const width = 900

/** Colours: that of Windlass first, then those of the other contenders in order. */
const palette = [
  ...['#d62728', '#1f77b4', '#ff7f0e', '#2ca02c', '#9467bd', '#8c564b', '#e377c2', '#7f7f7f', '#bcbd22'],
  '#17becf',
]

const rowOf = ({ image, work, store, link }: Comparison): string =>
  [work, store, link, image].filter((part) => part !== '').join(', ')

export function drawComparisons(comparisons: readonly Comparison[]): string {
  const sorted = inOrder(comparisons)
  const names = [
    ...new Set(['windlass', ...sorted.flatMap((each) => each.contenders.map(({ name }) => name))]),
  ]
  const colors = new Map(names.map((name, index) => [name, palette[index % palette.length]!]))
  const dots = sorted.flatMap((comparison) =>
    comparison.contenders.map(({ name, wall }) => ({
      ...{ row: rowOf(comparison), name },
      ...{ seconds: wall.median, least: wall.least, most: wall.most },
    })),
  )
  const height = 84 + 22 * sorted.length
  const plot = svgOf(
    'Windlass and its peers: seconds, the median; the line goes from the least to the most',
    {
      ...{ marginLeft: 210, width, height },
      x: { type: 'log', label: 'seconds', grid: true, tickFormat: '~g' },
      y: { label: null, domain: sorted.map(rowOf), grid: true },
      color: { domain: names, range: [...colors.values()] },
      marks: [
        Plot.ruleY(dots, { y: 'row', x1: 'least', x2: 'most', stroke: 'name', strokeOpacity: 0.5 }),
        Plot.dot(dots, {
          x: 'seconds',
          y: 'row',
          fill: 'name',
          r: ({ name }: { name: string }) => (name === 'windlass' ? 6 : 4),
        }),
      ],
    },
  )
  return stack([legend(colors, width), { svg: plot, height }], width)
}
