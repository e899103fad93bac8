/** Renders one pass over a layer with several sinks, and each sink alone, as Markdown. */
import type { Machine } from '../shared/machine.js'
import { table } from '../shared/markdown.js'
import type { Spread } from '../../puller/bench/statistics.js'

/** What a pass over one layer cost. */
export interface SinksPoint {
  /** Uncompressed size of the layer. */
  readonly megabytes: number
  /** Names of the sinks, a comma between. */
  readonly sinks: string
  /** Seconds. */
  readonly wall: Spread
  /** Peak resident memory in bytes. */
  readonly memory: Spread
}

/** `times` is the time of a pass over that of the slowest pass with fewer sinks. */
export function sinksTable(points: readonly SinksPoint[], machine: Machine): string {
  const rows = points.map(({ megabytes, sinks, wall, memory }) => {
    const fewer = points.filter((each) => each.megabytes === megabytes && each.sinks.length < sinks.length)
    const slowest = Math.max(...fewer.map((each) => each.wall.median))
    const all = sinks.split(',').length === 5
    return [
      megabytes,
      sinks.replaceAll(',', ', '),
      wall.median.toFixed(2),
      all ? (wall.median / slowest).toFixed(2) : '',
      Math.round(memory.median / 1e6),
    ].map(String)
  })
  return `${[
    '# One pass, many sinks',
    'Made by `npm run bench -- sinks`; how it is measured is in [README.md](README.md). A pull of one gzip layer from a ' +
      'registry on this machine, with all five sinks and with each alone; a scan alone is one of a layer that is unpacked. ' +
      '`times` is the time of all five over that of the slowest alone.',
    table(['MB', 'sinks', 'seconds', 'times', 'memory, MB'], rows, [0, 2, 3, 4]).trimEnd(),
    `Medians of ${points[0]?.wall.runs ?? 0}. ${machine.processors}; kernel ${machine.kernel}; Node ${machine.node}; ` +
      `windlass ${machine.version}, gzip by ${machine.isal ? 'ISA-L' : 'zlib'}.`,
  ].join('\n\n')}\n`
}
