/**
 * Pulls for a long time in one process and checks its resources: new and known images, failures of every kind, pulls
 * cancelled at random times, and occasional removal of names and garbage collection.
 *
 *     npx tsx scripts/soak.ts                             2,000 pulls (some minutes)
 *     npx tsx scripts/soak.ts --pulls 150 --every 75 --growth 2 --seed 7
 *
 * Prints a table. Exits with 1 if a pull had another result than required; if the memory at the end exceeds --growth
 * (1.1) times that after --from (200) pulls; or if there are more descriptors, threads, timers or staged files than
 * then. Requires dist/ (npm run build).
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type OpenOptions, type Windlass, open } from '../puller/index.js'
import { type Count, count, socketsNow } from './support/soak-count.js'
import { SoakPulls } from './support/soak-pulls.js'

const { values } = parseArgs({
  options: {
    pulls: { type: 'string', default: '2000' },
    every: { type: 'string', default: '100' },
    from: { type: 'string', default: '200' },
    growth: { type: 'string', default: '1.1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const [maxPulls, every, from, growth, seed] = [
  values.pulls,
  values.every,
  values.from,
  values.growth,
  values.seed,
].map(Number) as [number, number, number, number, number]
/** Number of names that are kept when the store is cleaned up. */
const namesKept = 4

const directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'windlass-soak-'))
const store = join(directory, 'store')
const registry = spawn(
  process.execPath,
  ['--import', 'tsx', fileURLToPath(new URL('support/soak-registry.ts', import.meta.url))],
  { stdio: ['pipe', 'pipe', 'inherit'] },
)
const [host] = (await once(createInterface({ input: registry.stdout }), 'line')) as [string]

const options: OpenOptions = { store, retries: 3, retryDelay: 1, stallTimeout: 300 }
const puller = await open(options)
const pulls = new SoakPulls(host, seed)
const outcomes = new Map<string, number>()
const wrong: string[] = []
const counts: Count[] = []
const began = performance.now()

/** Runs the next group of concurrent pulls. Returns their number. */
async function pullSome(by: Windlass): Promise<number> {
  const all = await Promise.all(Array.from({ length: pulls.together() }, () => pulls.next(by)))
  for (const { kind, how, wrong: why } of all) {
    const outcome = `${kind}: ${how}`
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    if (why !== undefined) wrong.push(why)
  }
  return all.length
}

/** Keeps the content of the store small and constant. */
async function tidyUp(): Promise<void> {
  const images = await puller.images()
  for (const { entry } of images.slice(0, -namesKept)) await puller.remove(entry)
  await puller.collect({ keepPartials: 0 })
}

const MiB = (bytes: number): string => (bytes / 2 ** 20).toFixed(1)
const describe = (open: Count['open'], what: RegExp): number =>
  [...open].reduce((total, [kind, number]) => total + (what.test(kind) ? number : 0), 0)
const row = (each: Count): string =>
  [
    each.pulls,
    MiB(each.rss),
    MiB(each.rawRss),
    MiB(each.heap),
    MiB(each.external),
    describe(each.open, /^descriptor/),
    each.threads,
    describe(each.open, /^Timeout$/),
    describe(each.open, /^(?!descriptor|Timeout$)/),
    each.staging,
    each.partial,
  ].join(' | ')

const head = [
  'pulls | RSS, MiB | before gc | heap | external | descriptors | threads | timers | handles | staging | partial',
  Array.from({ length: 11 }, () => '---').join('|'),
].map((line) => `| ${line} |`)
const sockets = socketsNow(store)
for (let done = 0, tidied = 0, fresh = 0; done < maxPulls;) {
  done += await pullSome(puller)
  if (done - tidied >= 25) {
    tidied = done
    await tidyUp()
  }
  if (done - fresh >= 50) {
    fresh = done
    const other = await open(options)
    done += await pullSome(other)
    await other.close()
  }
  if (Math.floor(done / every) > counts.length || done >= maxPulls) {
    await tidyUp()
    counts.push(await count(store, done, sockets))
    process.stderr.write(`| ${row(counts.at(-1)!)} |\n`)
  }
}
const { problems } = await puller.verify()
await puller.close()
registry.stdin.end()
rmSync(directory, { recursive: true, force: true })

const first = counts.find(({ pulls: at }) => at >= from) ?? counts[0]!
const last = counts.at(-1)!
const grown = last.rss / first.rss
const broken = [
  ...wrong,
  ...problems.map(({ path, why }) => `${path}: ${why}`),
  ...(grown > growth
    ? [`memory has grown by the factor ${grown.toFixed(2)}; at most ${growth} is allowed`]
    : []),
  ...[...new Set([...first.open.keys(), ...last.open.keys()])]
    .filter((kind) => (last.open.get(kind) ?? 0) > (first.open.get(kind) ?? 0))
    .map((kind) => `${last.open.get(kind)} of ${kind}, ${first.open.get(kind) ?? 0} before`),
  ...(last.threads > first.threads ? [`${last.threads} threads, ${first.threads} before`] : []),
  ...(last.staging > 0 ? [`${last.staging} files in staging`] : []),
]
process.stdout.write(
  [
    `seed ${seed}: ${last.pulls} pulls in ${Math.round((performance.now() - began) / 1_000)} s; memory after the last is ` +
      `${(100 * grown).toFixed(1)} % of that after ${first.pulls}`,
    '',
    ...head,
    ...counts.map((each) => `| ${row(each)} |`),
    '',
    ...[...outcomes].sort().map(([what, times]) => `${what}: ${times}`),
    '',
    ...(broken.length > 0 ? ['BROKEN:', ...broken] : ['Nothing is left over.']),
    '',
  ].join('\n'),
)
process.exitCode = broken.length > 0 ? 1 : 0
