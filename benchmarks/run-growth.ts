/**
 * Measures how the cost of a cold pull grows.
 *
 *     npm run bench -- growth --axes layers,files,bytes,pulls --runs 3
 *
 * --layers, --files, --bytes (MB) and --pulls select the points of an axis. Writes <out>/growth.json, growth.md and,
 * unless --no-plots, growth.svg after each round of an axis. With --append, a point is added to the existing ones or
 * replaces that of the same axis and size. The images are built once and kept in the temporary directory. The store of
 * the largest needs 6.5 GB in --under.
 */
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Machine, describeMachine } from './shared/machine.js'
import { mergeBy, assertSameMachine } from './results.js'
import { axes } from './growth/axes.js'
import { type GrowthPoint, measureAxis } from './growth/measure.js'
import { growthTable } from './growth/table.js'

const { values } = parseArgs({
  options: {
    axes: { type: 'string', default: axes.map(({ name }) => name).join(',') },
    layers: { type: 'string' },
    files: { type: 'string' },
    bytes: { type: 'string' },
    pulls: { type: 'string' },
    runs: { type: 'string', default: '3' },
    under: { type: 'string', default: '/dev/shm' },
    append: { type: 'boolean', default: false },
    'no-plots': { type: 'boolean', default: false },
    out: { type: 'string', default: 'docs/benchmarks' },
  },
})

const parseNumbers = (option: string, text: string): number[] =>
  text.split(',').map((each) => {
    if (/^[1-9]\d{0,6}$/.test(each)) return Number(each)
    throw new Error(`--${option} must be numbers of at least 1, separated by commas, not '${text}'`)
  })

const wanted = values.axes.split(',').map((name) => {
  const axis = axes.find((each) => each.name === name)
  if (!axis) throw new Error(`--axes accepts ${axes.map((each) => each.name).join(', ')}, not '${name}'`)
  const text = values[axis.name]
  return { axis, points: text === undefined ? axis.points : parseNumbers(axis.name, text) }
})
const [runs = 1] = parseNumbers('runs', values.runs)

const machine = await describeMachine(tmpdir())
const file = join(values.out, 'growth.json')
const key = ({ axis, n }: GrowthPoint): string => `${axis} ${n}`
let points: readonly GrowthPoint[] = []
if (values.append && existsSync(file)) {
  const earlier = JSON.parse(await readFile(file, 'utf8')) as { machine: Machine; points: GrowthPoint[] }
  assertSameMachine(earlier.machine, machine)
  points = earlier.points
}

async function addPoints(more: readonly GrowthPoint[]): Promise<void> {
  points = mergeBy(points, more, key)
  await mkdir(values.out, { recursive: true })
  await writeFile(file, `${JSON.stringify({ machine, points }, null, 2)}\n`)
  await writeFile(join(values.out, 'growth.md'), growthTable(points, machine))
  if (values['no-plots']) return
  const { drawGrowth } = await import('./report/draw-growth.js')
  await writeFile(join(values.out, 'growth.svg'), drawGrowth(points))
}

for (const { axis, points } of wanted)
  if (!(await measureAxis(axis, { points, runs, under: values.under, onRound: addPoints })))
    process.exitCode = 1
process.stdout.write(growthTable(points, machine))
