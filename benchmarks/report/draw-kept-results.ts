/** Draws the plots of kept results. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { NamedSweep } from '../concurrency/table.js'
import type { GrowthPoint } from '../growth/measure.js'
import type { Results } from '../results.js'
import { drawComparisons } from './draw-comparisons.js'
import { drawGrowth } from './draw-growth.js'
import { drawSweep } from './draw-sweep.js'

/** Returns the plots of the results that are kept in `directory`, as SVG documents by file name. */
export async function drawKeptResults(directory: string): Promise<Record<string, string>> {
  const read = async (name: string): Promise<unknown> =>
    JSON.parse(await readFile(join(directory, name), 'utf8'))
  const { comparisons } = (await read('results.json')) as Results
  const { points } = (await read('growth.json')) as { points: readonly GrowthPoint[] }
  const sweeps = (await read('concurrency.json')) as readonly NamedSweep[]
  return {
    'plot.svg': drawComparisons(comparisons),
    'growth.svg': drawGrowth(points),
    ...Object.fromEntries(sweeps.flatMap((sweep) => Object.entries(drawSweep(sweep)))),
  }
}
