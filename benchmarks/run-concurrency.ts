/**
 * Finds the best values of `--max-downloads` and `--max-unpacks` for a registry and a link.
 *
 *     npm run bench -- concurrency --image REF --downloads 1,2,3,6,10 --unpacks 1,2,4 --runs 5
 *
 * Without --image, the embedded registry behind simulated links is used (--links selects links by name; --layers and
 * --size define the image). Seconds of a stage are the total of all layers. Writes <out>/concurrency.{md,json} and,
 * unless --no-plots, a heat map and timelines of the best and the worst run for each link after each sweep, so that an
 * interrupted run keeps its results. With --append, results are added to the existing ones or replace those of the same
 * name.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { mergeBy } from './results.js'
import { startBuiltIn } from './concurrency/built-in.js'
import { linkKinds } from './concurrency/links.js'
import { sweep, type SweepResult } from './concurrency/sweep.js'
import { type NamedSweep, recommendations, sweepTable } from './concurrency/table.js'

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
    append: { type: 'boolean', default: false },
    'no-plots': { type: 'boolean', default: false },
  },
})

const parseNumbers = (option: string, text: string): number[] =>
  text.split(',').map((each) => {
    if (/^[1-9]\d{0,5}$/.test(each.trim())) return Number(each)
    throw new Error(`--${option} must be numbers of at least 1, separated by commas, not '${text}'`)
  })
const parseNumber = (option: string, text: string): number => {
  const [first, ...more] = parseNumbers(option, text)
  if (first === undefined || more.length > 0) throw new Error(`--${option} must be one number, not '${text}'`)
  return first
}

async function run(name: string, reference: string): Promise<NamedSweep> {
  const result: SweepResult = await sweep({
    reference,
    downloads: parseNumbers('downloads', values.downloads),
    unpacks: parseNumbers('unpacks', values.unpacks),
    runs: parseNumber('runs', values.runs),
    under: values.store,
    onRun: (done, of) => process.stderr.write(`${name}: run ${done} of ${of}\n`),
  })
  return { name, result }
}

async function builtIn(): Promise<void> {
  const wanted = values.links?.split(',')
  const kinds = linkKinds.filter(({ name }) => wanted?.some((each) => name.startsWith(each)) ?? true)
  if (kinds.length === 0)
    throw new Error(`--links accepts the beginnings of ${linkKinds.map(({ name }) => name).join('; ')}`)
  const served = await startBuiltIn({
    layers: parseNumber('layers', values.layers),
    mebibytes: parseNumber('size', values.size),
  })
  try {
    for (const kind of kinds) {
      const link = await served.behind(kind)
      await addSweep(await run(kind.name, link.reference).finally(() => link.close()))
    }
  } finally {
    await served.close()
  }
}

const file = join(values.out, 'concurrency.json')
let sweeps: readonly NamedSweep[] = values.append
  ? await readFile(file, 'utf8').then(
      (text) => JSON.parse(text) as NamedSweep[],
      () => [],
    )
  : []

const text = (): string => `${recommendations(sweeps)}\n${sweepTable(sweeps, !values['no-plots'])}`

/** Adds a sweep to the results and writes them. */
async function addSweep(sweep: NamedSweep): Promise<void> {
  sweeps = mergeBy(sweeps, [sweep], ({ name }) => name)
  await mkdir(values.out, { recursive: true })
  await writeFile(file, `${JSON.stringify(sweeps, null, 2)}\n`)
  await writeFile(join(values.out, 'concurrency.md'), `# Concurrency\n\n${text()}`)
  if (values['no-plots']) return
  const { drawSweep } = await import('./report/draw-sweep.js')
  for (const [name, svg] of Object.entries(drawSweep(sweep))) await writeFile(join(values.out, name), svg)
}

if (values.image === undefined) await builtIn()
else await addSweep(await run(values.image, values.image))
process.stdout.write(text())
