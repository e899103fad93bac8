/**
 * Measures what watchers cost a server: the time of 20 pulls at once and the memory of `windlass serve`, without watchers and
 * with 200 of which 50 never read, in turns. The server, the watchers and the registry are three processes.
 *
 *     npm run bench -- watchers --runs 9
 *
 * --watchers, --not-reading and --pulls give the numbers. Prints a table and the ratio of the medians.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { buildImage, putImage } from '../lib/testing/images/index.js'
import { startRegistry } from '../lib/testing/registry/index.js'
import { type Served, startServe } from '../testbench/harness/serve.js'
import { halfNoise } from './shared/half-noise.js'
import { temporary } from './shared/temporary.js'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '9' },
    watchers: { type: 'string', default: '200' },
    'not-reading': { type: 'string', default: '50' },
    pulls: { type: 'string', default: '20' },
    under: { type: 'string', default: tmpdir() },
  },
})
const [runs, watchers, notReading, pulls] = [
  values.runs,
  values.watchers,
  values['not-reading'],
  values.pulls,
].map(Number) as [number, number, number, number]
if (![runs, watchers, pulls].every((each) => Number.isInteger(each) && each > 0) || notReading > watchers)
  throw new Error(
    '--runs, --watchers and --pulls take numbers from 1, --not-reading at most that of --watchers',
  )

/** Layers of each image, and bytes of each layer. */
const layers = 8
const layerBytes = 512 * 1024

const mebibyte = 2 ** 20

interface Run {
  readonly milliseconds: number
  /** Processor time of the server, in milliseconds: less noisy than the time where other programs run. */
  readonly processor: number
  /** Peak of the resident memory of the server, in bytes. */
  readonly peak: number
  /** Processor time of the process of the watchers, in milliseconds. It runs on the same processors as the server. */
  readonly watching: number
}

const registry = await startRegistry()
const directory = await temporary(values.under, 'windlass-watchers-')
const server = await startServe(join(directory, 'store'), ['--plain-http'])
try {
  for (let at = 0; at < pulls; at++) await putImage(registry, `watched/image-${at}`, '1', imageOf(at))
  for (let warm = 0; warm < 2; warm++) await pullAll(server)
  const runsOf: Record<'without' | 'with', Run[]> = { without: [], with: [] }
  console.log('| run | without watchers | processor | memory | with watchers | processor | memory |')
  console.log('|---|---|---|---|---|---|---|')
  for (let run = 0; run < runs; run++) {
    const measureWithout = async () => void runsOf.without.push(await pullAll(server))
    const measureWith = async () => {
      const { close, pid } = await openWatchers(server)
      runsOf.with.push(await pullAll(server, pid))
      await close()
    }
    // In turns, so that neither is always the first.
    for (const measure of run % 2 === 0 ? [measureWithout, measureWith] : [measureWith, measureWithout])
      await measure()
    const [without, with_] = [runsOf.without.at(-1)!, runsOf.with.at(-1)!]
    console.log(`| ${run + 1} | ${shown(without)} | ${shown(with_)} |`)
  }
  const [without, with_] = [runsOf.without, runsOf.with].map(mediansOf) as [Run, Run]
  const ratio = (of: (run: Run) => number): string => (of(with_) / of(without)).toFixed(3)
  console.log(`| medians | ${shown(without)} | ${shown(with_)} |\n`)
  console.log(`With ${watchers} watchers, of which ${notReading} never read, against none:`)
  console.log(
    `time ${ratio((run) => run.milliseconds)}, processor time ${ratio((run) => run.processor)}, ` +
      `memory ${ratio((run) => run.peak)}.`,
  )
  console.log(`The process of the watchers took ${milliseconds(with_.watching)} of the same processors.`)
  console.log(
    `Memory in the first and the last run with watchers: ${bytes(runsOf.with[0]!.peak)}, ${bytes(runsOf.with.at(-1)!.peak)}.`,
  )
} finally {
  await server.stop()
  await registry.close()
  await rm(directory, { recursive: true, force: true })
}

function imageOf(at: number) {
  return buildImage({
    layers: Array.from({ length: layers }, (_, layer) => ({
      entries: [{ path: `layer-${layer}.bin`, content: halfNoise(layerBytes, at * layers + layer) }],
    })),
  })
}

/** Starts all pulls, each of which fetches and unpacks everything again. Resolves when the last one has ended. */
async function pullAll({ client, pid }: Served, watchersPid?: number): Promise<Run> {
  const watchingTime = (): number => (watchersPid === undefined ? 0 : processorTime(watchersPid))
  /** Start and end of each ended pull, by the clock of the server: the news of an end takes up to 250 ms with many watchers. */
  const ended = new Map<string, { readonly from: number; readonly to: number }>()
  let peak = 0
  const sampler = setInterval(() => (peak = Math.max(peak, residentMemory(pid))), 50)
  try {
    const [before, watched] = [processorTime(pid), watchingTime()]
    await new Promise<void>((resolve, reject) => {
      const subscription = client.messages().subscribe({
        next: (message) => {
          if (message.type !== 'pull' || message.pull.state === 'running') return
          if (message.pull.state !== 'done') reject(new Error(`A pull has ended as ${message.pull.state}`))
          const { id, startedAt, endedAt = Date.now() } = message.pull
          ended.set(id, { from: startedAt, to: endedAt })
          if (ended.size < pulls) return
          subscription.unsubscribe()
          resolve()
        },
        error: reject,
      })
      for (let at = 0; at < pulls; at++)
        client
          .pull(`${registry.host}/watched/image-${at}:1`, { platform: 'linux/amd64', refresh: true })
          .catch(reject)
    })
    const times = [...ended.values()]
    const milliseconds = Math.max(...times.map(({ to }) => to)) - Math.min(...times.map(({ from }) => from))
    const processor = processorTime(pid) - before
    const watching = watchingTime() - watched
    await client.clear()
    return { milliseconds, processor, peak, watching }
  } finally {
    clearInterval(sampler)
  }
}

/** Opens the watchers. Returns the function that closes them. */
async function openWatchers({
  host,
  token,
}: Served): Promise<{ readonly pid: number; readonly close: () => Promise<void> }> {
  const file = fileURLToPath(new URL('watchers/open-watchers.ts', import.meta.url))
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', file, host, token, String(watchers - notReading), String(notReading)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  const lines = createInterface({ input: child.stdout })
  await once(lines, 'line')
  return {
    pid: child.pid!,
    close: async () => {
      child.stdin.end()
      await once(child, 'exit')
    },
  }
}

function residentMemory(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
}

/** Returns the processor time that a process and its threads have used. The kernel counts hundredths of a second. */
function processorTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

function median(all: readonly number[]): number {
  return [...all].sort((a, b) => a - b)[all.length >> 1]!
}

function mediansOf(all: readonly Run[]): Run {
  return {
    milliseconds: median(all.map((run) => run.milliseconds)),
    processor: median(all.map(({ processor }) => processor)),
    peak: median(all.map(({ peak }) => peak)),
    watching: median(all.map(({ watching }) => watching)),
  }
}

function milliseconds(value: number): string {
  return `${Math.round(value)} ms`
}

function bytes(value: number): string {
  return `${Math.round(value / mebibyte)} MiB`
}

function shown(run: Run): string {
  return `${milliseconds(run.milliseconds)} | ${milliseconds(run.processor)} | ${bytes(run.peak)}`
}
