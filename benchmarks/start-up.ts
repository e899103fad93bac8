/** Measures the start of the command line: `windlass --version` compared with a Node that does nothing. */
import { type Comparison, resultOf } from './compare.js'
import type { Runtime } from './contenders.js'
import { program } from './shared/pull-once.js'
import { type Cost, runMeasured } from './shared/measured.js'
import { shuffle } from '../puller/bench/statistics.js'

export const nothing = 'node -e 0'

export async function compareStartUp(runs: number, nodes: readonly Runtime[]): Promise<Comparison> {
  const commands = new Map(
    nodes.flatMap(({ node, suffix }) => [
      [`windlass${suffix}`, [node, program(), '--version']],
      [`${nothing}${suffix}`, [node, '-e', '0']],
    ]),
  )
  const versions = new Map(nodes.map(({ suffix, version }) => [`windlass${suffix}`, version]))
  const costs = new Map([...commands.keys()].map((name) => [name, new Array<Cost>()]))
  for (const command of commands.values()) await runMeasured(command) // warm-up: reads the files from the disk
  for (let round = 0; round < runs; round++)
    for (const [name, command] of shuffle([...commands], round))
      costs.get(name)!.push(await runMeasured(command))
  return {
    ...{ image: '', work: 'version', store: '', link: '', bytes: 0, date: new Date().toISOString() },
    contenders: [...costs].map(([name, of]) => resultOf(name, versions.get(name) ?? '', of)),
    failed: [],
  }
}
