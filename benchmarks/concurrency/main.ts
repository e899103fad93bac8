/**
 * The concurrency sweep: which `--max-downloads` and `--max-unpacks` are best for a registry and a line.
 *
 *     npm run bench:concurrency -- --image REF --downloads 1,2,3,6,10 --unpacks 1,2,4 --runs 5
 *
 * Without --image: the built-in registry behind simulated lines (--links picks some by name, --layers and --size say what
 * is pulled). Seconds of stages are of all layers together. Writes <out>/concurrency.{md,json} and, unless --no-plots,
 * a heat map and a timeline of the best and the worst run of each line.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startBuiltIn } from './built-in.js'
import { linkKinds } from './links.js'
import { sweep, type SweepResult } from './sweep.js'
import { sweepTable, type NamedSweep } from './table.js'

const { values } = parseArgs({
  options: {
    image: { type: 'string' },
    downloads: { type: 'string', default: '1,2,3,6,10' },
    unpacks: { type: 'string', default: '1,2,4' },
    runs: { type: 'string', default: '5' },
    links: { type: 'string' },
    layers: { type: 'string', default: '12' },
    size: { type: 'string', default: '96' },
    store: { type: 'string', default: tmpdir() },
    out: { type: 'string', default: 'docs/benchmarks' },
    'no-plots': { type: 'boolean', default: false },
  },
})

const numbers = (option: string, text: string): number[] =>
  text.split(',').map((each) => {
    if (/^[1-9]\d{0,5}$/.test(each.trim())) return Number(each)
    throw new Error(`--${option} takes numbers from 1, a comma between: not '${text}'`)
  })
const only = (option: string, text: string): number => {
  const [first, ...more] = numbers(option, text)
  if (first === undefined || more.length > 0) throw new Error(`--${option} takes one number: not '${text}'`)
  return first
}

async function run(name: string, reference: string): Promise<NamedSweep> {
  const result: SweepResult = await sweep({
    reference,
    downloads: numbers('downloads', values.downloads),
    unpacks: numbers('unpacks', values.unpacks),
    runs: only('runs', values.runs),
    under: values.store,
    onRun: (done, of) => process.stderr.write(`${name}: run ${done} of ${of}\n`),
  })
  return { name, result }
}

async function builtIn(): Promise<NamedSweep[]> {
  const wanted = values.links?.split(',')
  const kinds = linkKinds.filter(({ name }) => wanted?.some((each) => name.startsWith(each)) ?? true)
  if (kinds.length === 0) throw new Error(`--links knows ${linkKinds.map(({ name }) => name).join('; ')}`)
  const served = await startBuiltIn({
    layers: only('layers', values.layers),
    mebibytes: only('size', values.size),
  })
  const sweeps: NamedSweep[] = []
  try {
    for (const kind of kinds) {
      const link = await served.behind(kind)
      sweeps.push(await run(kind.name, link.reference).finally(() => link.close()))
    }
    return sweeps
  } finally {
    await served.close()
  }
}

const sweeps = values.image === undefined ? await builtIn() : [await run(values.image, values.image)]
const table = sweepTable(sweeps)
await mkdir(values.out, { recursive: true })
await writeFile(join(values.out, 'concurrency.md'), `# How much at once\n\n${table}`)
await writeFile(join(values.out, 'concurrency.json'), `${JSON.stringify(sweeps, null, 2)}\n`)
if (!values['no-plots']) {
  const { drawSweep } = await import('../report/draw-sweep.js')
  for (const each of sweeps) await drawSweep(each, values.out)
}
process.stdout.write(table)
