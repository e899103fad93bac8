/** Draws the comparison: a row per image and work, a dot per contender, on a logarithmic scale. */
import * as Plot from '@observablehq/plot'
import type { Comparison } from '../compare.js'
import { inOrder } from '../table.js'
import { axisMarks, legend, logScale, stack, svgOf, textLines } from './svg.js'

const width = 940

/** Colours: that of Windlass first, then those of the other contenders in order. */
const palette = [
  ...['#d62728', '#1f77b4', '#ff7f0e', '#2ca02c', '#9467bd', '#8c564b', '#e377c2', '#7f7f7f', '#bcbd22'],
  '#17becf',
]

const rowOf = ({ image, work, store, link }: Comparison): string =>
  [work, store, linkText(link), image].filter((part) => part !== '').join(', ')

const linkText = (link: string): string => link.replace(/^(\d+)\/(\d+)$/, '$1 Mbit/s and $2 ms')

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
  const height = 64 + 22 * sorted.length
  const scale = logScale(
    'seconds',
    dots.flatMap(({ least, most }) => [least, most]),
  )
  const plot = svgOf({
    ...{ marginLeft: 290, marginRight: 30, marginTop: 12, marginBottom: 40, width, height },
    x: scale,
    y: { label: null, domain: sorted.map(rowOf), grid: true },
    color: { domain: names, range: [...colors.values()] },
    marks: [
      ...axisMarks({ x: scale }),
      Plot.ruleY(dots, { y: 'row', x1: 'least', x2: 'most', stroke: 'name', strokeOpacity: 0.5 }),
      Plot.dot(dots, {
        x: 'seconds',
        y: 'row',
        fill: 'name',
        r: ({ name }: { name: string }) => (name === 'windlass' ? 6 : 4),
      }),
    ],
  })
  const caption = textLines([
    { text: 'Windlass and its peers: seconds, less is better', color: 'black' },
    {
      text: 'A dot is the median of the runs, the line goes from the least to the most. Each row names the work, the file system of the store, the link and the image.',
      color: '#444',
    },
  ])
  return stack([caption, legend(colors, width), { svg: plot, height }], width)
}
