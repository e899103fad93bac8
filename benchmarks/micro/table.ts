/** Renders the results of the micro-benchmarks as Markdown. */
import { table } from '../shared/markdown.js'
import type { Machine } from '../shared/machine.js'
import type { Spread } from '../../puller/bench/statistics.js'
import type { MicroResult } from './measure.js'

const spread = ({ median, least, most }: Spread): string => {
  const digits = median < 10 ? 2 : median < 1000 ? 1 : 0
  const [middle = '', low, high] = [median, least, most].map((value) => value.toFixed(digits))
  return `${middle} (${low}–${high})`
}

export function microTable(results: readonly MicroResult[], machine: Machine): string {
  const groups = [...new Set(results.map(({ group }) => group))]
  const parts = groups.map((group) => {
    const of = results.filter((each) => each.group === group)
    const minimum = Math.min(...of.map(({ cpu }) => cpu.median))
    const { unit = '' } = of[0] ?? {}
    const rows = of.map(({ name, cpu, wall }) => [
      ...[name, spread(cpu), (cpu.median / minimum).toFixed(2), spread(wall)],
      ...(unit === 'MB' ? [(1e6 / wall.median).toFixed(0)] : []),
    ])
    const head = ['how', `µs of CPU, one ${unit}`, '×', `µs, one ${unit}`, ...(unit === 'MB' ? ['MB/s'] : [])]
    const title = `## ${group.charAt(0).toUpperCase()}${group.slice(1)}`
    return `${title}\n\n${table(head, rows, [1, 2, 3, 4].slice(0, head.length - 1)).trimEnd()}`
  })
  return `${[
    '# What the parts cost',
    'Made by `npm run bench -- micro`; how it is measured is in [README.md](README.md). Medians, the least and the most behind ' +
      'them; `×` is CPU over the least of the group. Megabytes are of what is hashed, or of what comes out.',
    ...parts,
    `${machine.processors}; kernel ${machine.kernel}; Node ${machine.node}; windlass ${machine.version}.`,
  ].join('\n\n')}\n`
}
