/**
 * Measures parts in isolation: an element in a stage, a megabyte hashed and inflated, an entry of a layer.
 *
 *     npm run bench -- micro --groups element,hash,inflate,entry --runs 7
 *
 * Writes <out>/micro.json and micro.md.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { describeMachine } from './shared/machine.js'
import { bytes } from './micro/bytes.js'
import { elements } from './micro/elements.js'
import { microBenchmarks } from './micro/measure.js'
import { microTable } from './micro/table.js'
import { untar } from './micro/untar.js'

const { values } = parseArgs({
  options: {
    groups: { type: 'string' },
    runs: { type: 'string', default: '7' },
    out: { type: 'string', default: 'docs/benchmarks' },
  },
})

const runs = Number(values.runs)
if (!Number.isInteger(runs) || runs < 1)
  throw new Error(`--runs must be a number of at least 1, not '${values.runs}'`)
const all = [...elements(), ...bytes(), ...untar()]
const wanted = values.groups?.split(',')
const contenders = all.filter(({ group }) => wanted?.some((each) => group.includes(each)) ?? true)
if (contenders.length === 0)
  throw new Error(`--groups accepts parts of ${[...new Set(all.map(({ group }) => group))].join('; ')}`)

const machine = await describeMachine(tmpdir())
const results = await microBenchmarks(contenders, runs)
const table = microTable(results, machine)
await mkdir(values.out, { recursive: true })
await writeFile(join(values.out, 'micro.json'), `${JSON.stringify({ machine, results }, null, 2)}\n`)
await writeFile(join(values.out, 'micro.md'), table)
process.stdout.write(table)
