/** Measures one axis: every point with a cold store, in a different order each round. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Distribution } from '../../testbench/harness/distribution.js'
import { program } from '../shared/pull-once.js'
import { type Cost, runMeasured } from '../shared/measured.js'
import { reasonOf } from '../peers/all-peers.js'
import { shuffle, type Spread, spreadOf } from '../../puller/bench/statistics.js'
import { temporary } from '../shared/temporary.js'
import type { Axis } from './axes.js'
import { referenceOf, serveImages } from './images.js'

export interface GrowthPoint {
  readonly axis: Axis['name']
  readonly n: number
  /** Seconds. */
  readonly wall: Spread
  readonly cpu: Spread
  /** Bytes. */
  readonly memory: Spread
}

export interface MeasureOptions {
  readonly points: readonly number[]
  readonly runs: number
  /** Directory for the stores. */
  readonly under: string
  /** Called after each round with all points so far. */
  readonly onRound: (points: readonly GrowthPoint[]) => Promise<void>
}

/**
 * Measures an axis. A point that fails is reported and excluded.
 * @returns whether no point failed
 */
export async function measureAxis(axis: Axis, options: MeasureOptions): Promise<boolean> {
  const { points, runs, under, onRound } = options
  const registries = new Map<number, Distribution>()
  const costs = new Map(points.map((n) => [n, new Array<Cost>()]))
  try {
    for (const n of points) registries.set(n, await serveImages(`${axis.name}-${n}`, axis.images(n)))
    const pull = (n: number): Promise<Cost> => pullAll(registries.get(n)!, axis, n, under)
    await pull(points[0]!) // warm-up: reads the files from the disk
    for (let round = 0; round < runs; round++) {
      for (const n of shuffle([...costs.keys()], round))
        try {
          const cost = await pull(n)
          costs.get(n)!.push(cost)
          process.stderr.write(`${round + 1}: ${axis.name} ${n}: ${cost.wall.toFixed(3)} s\n`)
        } catch (error) {
          costs.delete(n)
          process.stderr.write(`FAILED: ${axis.name} ${n}: ${reasonOf(error)}\n`)
        }
      await onRound([...costs].map(([n, of]) => pointOf(axis, n, of)))
    }
  } finally {
    for (const registry of registries.values()) await registry.stop()
  }
  return costs.size === points.length
}

const pointOf = ({ name }: Axis, n: number, costs: readonly Cost[]): GrowthPoint => ({
  ...{ axis: name, n },
  wall: spreadOf(costs.map(({ wall }) => wall)),
  cpu: spreadOf(costs.map(({ cpu }) => cpu)),
  memory: spreadOf(costs.map(({ memory }) => memory)),
})

const pullAtOnceProgram = fileURLToPath(new URL('pull-at-once.mjs', import.meta.url))

/**
 * Pulls one image with the command line, or several concurrently with the library, because the command line pulls
 * images one after the other.
 */
async function pullAll(registry: Distribution, axis: Axis, n: number, under: string): Promise<Cost> {
  const directory = await temporary(under, 'windlass-growth-')
  try {
    const store = join(directory, 'store')
    const references = axis.images(n).map((image) => referenceOf(registry, image))
    return await runMeasured([
      process.execPath,
      ...(axis.name === 'pulls' ? [pullAtOnceProgram, store] : [program(), 'pull', '-q', '--store', store]),
      ...references,
    ])
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
