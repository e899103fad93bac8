/** Renders the growth as Markdown. */
import { table } from '../shared/markdown.js'
import type { Machine } from '../shared/machine.js'
import type { Spread } from '../../puller/bench/statistics.js'
import { axes, type Axis } from './axes.js'
import { growthOf, type Measure } from './growth.js'
import type { GrowthPoint } from './measure.js'

const measures: readonly (readonly [Measure, string])[] = [
  ['wall', 'time'],
  ['cpu', 'CPU'],
  ['memory', 'memory'],
]

export function growthTable(points: readonly GrowthPoint[], machine: Machine): string {
  const parts = axes.flatMap((axis) => {
    const of = points.filter((point) => point.axis === axis.name).sort((a, b) => a.n - b.n)
    return of.length === 0 ? [] : [part(axis, of)]
  })
  const slopes = axes.flatMap((axis) => {
    const of = points.filter((point) => point.axis === axis.name)
    const cells = measures.map(([measure]) => growthOf(axis, of, measure))
    return cells.some((cell) => cell === undefined)
      ? []
      : [[axis.title, ...cells.flatMap((cell) => [cell!.said, cell!.exponent.toFixed(2)])]]
  })
  return `${[
    '# How the cost of a pull grows',
    'Made by `npm run bench -- growth`; how it is measured is in [README.md](README.md). Whole cold pulls, store on tmpfs, ' +
      'registry on this machine. What one more costs is the slope of a line through the larger half of the points; its ' +
      'exponent is the slope on two scales of logarithms there: 1 is linear, 0 is flat.',
    '![cost by layers, files, bytes and pulls at once](growth.svg)',
    table(
      ['of', 'time', 'exponent', 'CPU', 'exponent', 'memory', 'exponent'],
      slopes,
      [1, 2, 3, 4, 5, 6],
    ).trimEnd(),
    ...parts,
    `${machine.processors}; kernel ${machine.kernel}; Node ${machine.node}; windlass ${machine.version}, gzip by ` +
      `${machine.isal ? 'ISA-L' : 'zlib'}.`,
  ].join('\n\n')}\n`
}

function part(axis: Axis, points: readonly GrowthPoint[]): string {
  const rows = points.map(({ n, wall, cpu, memory }) => [
    n.toLocaleString('en'),
    spread(wall, 1, 3),
    spread(cpu, 1, 3),
    spread(memory, 1e6, 0),
    wall.runs,
  ])
  const title = `## ${axis.title.charAt(0).toUpperCase()}${axis.title.slice(1)}`
  const head = [axis.unit === 'MB' ? 'MB' : `${axis.unit}s`, 'time (s)', 'CPU (s)', 'memory (MB)', 'runs']
  return `${title}\n\n${table(head, rows, [0, 1, 2, 3, 4])}`.trimEnd()
}

const spread = ({ median, least, most }: Spread, unit: number, digits: number): string => {
  const [middle = '', low, high] = [median, least, most].map((value) => (value / unit).toFixed(digits))
  return `${middle} (${low}–${high})`
}
