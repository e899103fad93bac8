/**
 * Measures what a small image waits for beside a large one: the time of its pull alone, and while the large one is pulled
 * by the same process.
 *
 *     npm run bench -- fairness --runs 5
 *
 * --mebibytes gives the size of the large image. Prints a table; docs/benchmarks/fairness.md has one.
 */
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { buildImage, putImage } from '../lib/testing/images/index.js'
import { startRegistry } from '../lib/testing/registry/index.js'
import { open } from '../puller/index.js'
import { halfNoise } from './shared/half-noise.js'
import { startLink } from './shared/link.js'
import { temporary } from './shared/temporary.js'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    mebibytes: { type: 'string', default: '64' },
    under: { type: 'string', default: tmpdir() },
  },
})
const runs = Number(values.runs)
const mebibytes = Number(values.mebibytes)
if (![runs, mebibytes].every((each) => Number.isInteger(each) && each > 0))
  throw new Error('--runs and --mebibytes take numbers from 1')

const megabit = 1e6 / 8
const links = [
  { title: '100 Mbit/s, 40 ms', latency: 40, perConnection: Infinity, total: 100 * megabit },
  {
    title: '200 Mbit/s, 20 a connection, 60 ms',
    latency: 60,
    perConnection: 20 * megabit,
    total: 200 * megabit,
  },
]
const larges = [
  { title: '40 layers', layers: 40 },
  { title: '6 layers', layers: 6 },
  { title: '3 layers', layers: 3 },
]

const image = (layers: number, bytes: number, seed: number) =>
  buildImage({
    layers: Array.from({ length: layers }, (_, at) => ({
      entries: [{ path: `layer-${at}.bin`, content: halfNoise(Math.ceil(bytes / layers), seed + at) }],
    })),
  })

const median = (all: readonly number[]): number => [...all].sort((a, b) => a - b)[all.length >> 1]!
const seconds = (milliseconds: number): string => `${(milliseconds / 1_000).toFixed(2)} s`

const registry = await startRegistry()
try {
  await putImage(registry, 'fair/small', '1', image(1, 2_600, 1))
  for (const { layers } of larges)
    await putImage(registry, `fair/large-${layers}`, '1', image(layers, mebibytes * 2 ** 20, 1_000 * layers))
  console.log(
    `| link | large image of ${mebibytes} MiB | small alone | beside the large one | ratio | large one |`,
  )
  console.log('|---|---|---|---|---|---|')
  for (const kind of links)
    for (const { title, layers } of larges) {
      const [alone, beside, large]: [number[], number[], number[]] = [[], [], []]
      for (let run = 0; run < runs; run++) {
        alone.push((await pulls(kind)).small)
        const both = await pulls(kind, `fair/large-${layers}:1`)
        beside.push(both.small)
        large.push(both.large)
      }
      const ratio = (median(beside) / median(alone)).toFixed(1)
      const times = `${seconds(median(alone))} | ${seconds(median(beside))} | ${ratio} | ${seconds(median(large))}`
      console.log(`| ${kind.title} | ${title} | ${times} |`)
    }
} finally {
  await registry.close()
}

/** Pulls the small image into a new store, while the large one is pulled if it is given. Returns the times. */
async function pulls(
  kind: (typeof links)[number],
  large?: string,
): Promise<{ readonly small: number; readonly large: number }> {
  const directory = await temporary(values.under, 'windlass-fairness-')
  const link = await startLink({ target: registry.host, ...kind })
  const windlass = await open({ store: join(directory, 'store'), plainHttp: true })
  const time = async (name: string): Promise<number> => {
    const began = performance.now()
    await windlass.pull(`${link.host}/${name}`, { platform: 'linux/amd64' }).done
    return performance.now() - began
  }
  try {
    const largeTime = large === undefined ? Promise.resolve(0) : time(large)
    if (large !== undefined) await sleep(800) // the large one has its downloads under way
    const small = await time('fair/small:1')
    return { small, large: await largeTime }
  } finally {
    await windlass.close()
    await link.close()
    await rm(directory, { recursive: true, force: true })
  }
}
