/** Measures contenders in turns in this process: wall-clock time, and CPU time of all threads. */
import { reasonOf } from '../peers/all-peers.js'
import { shuffle, type Spread, spreadOf } from '../../puller/bench/statistics.js'
import type { Contender } from './contender.js'

export interface MicroResult {
  readonly group: string
  readonly name: string
  readonly unit: string
  /** Microseconds per unit. */
  readonly cpu: Spread
  readonly wall: Spread
}

/** Measures contenders. One that fails is reported and excluded. */
export async function microBenchmarks(
  contenders: readonly Contender[],
  rounds: number,
): Promise<MicroResult[]> {
  const costs = new Map<Contender, { cpu: number[]; wall: number[] }>()
  for (const each of contenders)
    try {
      await each.run() // warm-up: compiles the code
      each.clear?.()
      costs.set(each, { cpu: [], wall: [] })
    } catch (error) {
      process.stderr.write(`FAILED: ${each.group}, ${each.name}: ${reasonOf(error)}\n`)
    }
  for (let round = 0; round < rounds; round++)
    for (const [each, { cpu, wall }] of shuffle([...costs], round)) {
      const [before, start] = [process.cpuUsage(), performance.now()]
      await each.run()
      const { user, system } = process.cpuUsage(before)
      wall.push(((performance.now() - start) * 1000) / each.amount)
      cpu.push((user + system) / each.amount)
      each.clear?.()
      process.stderr.write(`${round + 1}: ${each.group}, ${each.name}\n`)
    }
  return [...costs].map(([{ group, name, unit }, { cpu, wall }]) => ({
    ...{ group, name, unit, cpu: spreadOf(cpu), wall: spreadOf(wall) },
  }))
}
