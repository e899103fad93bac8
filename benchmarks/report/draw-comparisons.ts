/** The comparison as one picture: a row an image and work, a dot a contender, on a scale of logarithms. */
import * as Plot from '@observablehq/plot'
import type { Comparison } from '../compare.js'
import { svgOf } from './svg.js'

export function drawComparisons(comparisons: readonly Comparison[]): string {
  const dots = comparisons.flatMap(({ image, work, store, contenders }) =>
    contenders.map(({ name, wall }) => ({
      row: `${image}, ${work}, ${store}`,
      ...{ name, seconds: wall.median, least: wall.least, most: wall.most },
    })),
  )
  return svgOf('Windlass and its peers', {
    marginLeft: 190,
    width: 900,
    height: 84 + 28 * comparisons.length,
    x: { type: 'log', label: 'seconds, median; the line goes from the least to the most', grid: true },
    y: { label: null },
    color: { scheme: 'tableau10' },
    marks: [
      Plot.ruleY(dots, { y: 'row', x1: 'least', x2: 'most', stroke: 'name', strokeOpacity: 0.5 }),
      Plot.dot(dots, {
        x: 'seconds',
        y: 'row',
        fill: 'name',
        r: ({ name }: { name: string }) => (name === 'windlass' ? 7 : 4),
      }),
      Plot.text(dots, { x: 'seconds', y: 'row', text: 'name', fill: 'name', dy: -9, fontSize: 8 }),
    ],
  })
}
