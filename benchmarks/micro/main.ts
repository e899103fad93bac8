/**
 * What the parts cost by themselves: `npx tsx benchmarks/micro/main.ts`. CPU time of this process, the median of so many
 * rounds, for each contender in turn.
 */
import { spreadOf, shuffled, type Spread } from '../statistics.js'
import { bytes } from './bytes.js'
import { elements } from './elements.js'
import { untar } from './untar.js'

export interface Contender {
  readonly group: string
  readonly name: string
  /** What is counted, and how much of it one run does. */
  readonly unit: 'element' | 'MB' | 'entry'
  readonly amount: number
  run(): Promise<void> | void
}

export interface MicroResult {
  readonly group: string
  readonly name: string
  readonly unit: string
  /** Microseconds of CPU a unit. */
  readonly cost: Spread
}

export async function microBenchmarks(
  contenders: readonly Contender[],
  rounds: number,
): Promise<MicroResult[]> {
  const costs = new Map(contenders.map((each) => [each, new Array<number>()]))
  for (const each of contenders) await each.run() // compiled before it counts
  for (let round = 0; round < rounds; round++)
    for (const each of shuffled(contenders, round)) {
      const before = process.cpuUsage()
      await each.run()
      const { user, system } = process.cpuUsage(before)
      process.stderr.write(`${round + 1}: ${each.group}, ${each.name}\n`)
      costs.get(each)!.push((user + system) / each.amount)
    }
  return [...costs].map(([{ group, name, unit }, of]) => ({ group, name, unit, cost: spreadOf(of) }))
}

const results = await microBenchmarks([...elements(), ...(await bytes()), ...untar()], 7)
const rows = results.map(
  ({ group, name, unit, cost }) =>
    `| ${group} | ${name} | ${cost.median.toFixed(2)} | ${cost.least.toFixed(2)} – ${cost.most.toFixed(2)} | ${unit} |`,
)
process.stdout.write(
  ['| what | how | µs of CPU | least – most | for one |', '|---|---|--:|--:|---|', ...rows, ''].join('\n'),
)
