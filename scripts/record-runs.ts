/**
 * Records the runs of testbench/events/runs: pulls and copies from embedded registries with faults and controls. The states of
 * the recorded events are written beside them. Run it only if the format of events has changed: npx tsx scripts/record-runs.ts
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type PullEvent, encodeEvent } from '../lib/events/index.js'
import { buildImage, buildIndex, faults, putImage, startRegistry } from '../lib/testing/index.js'
import { open } from '../puller/index.js'
import { replay } from '../testbench/events/recorded-runs.js'
import { violationsOf } from '../testbench/events/violations.js'
import { halfNoise } from '../benchmarks/shared/half-noise.js'

const folder = new URL('../testbench/events/runs/', import.meta.url)
const root = mkdtempSync(join(tmpdir(), 'windlass-runs-'))
/** The registry has another port in every run. A name in its place keeps the files the same in length and meaning. */
const host = 'registry.example:5000'

const registry = await startRegistry({ bytesPerSecond: 400_000 })
const target = await startRegistry()
const image = (seed: number, architecture = 'amd64', sizes = [120_000, 40_000, 60_000]) =>
  buildImage({
    platform: { os: 'linux', architecture },
    layers: sizes.map((size, at) => ({
      entries: [{ path: `data${at}`, content: halfNoise(size * 2, seed + at) }],
    })),
  })
const name = (tag: string): string => `${registry.host}/team/app:${tag}`
const wanted = { platform: 'linux/amd64' }

/** A run: its events, and its end. */
interface Run {
  readonly events: { subscribe(next: (event: PullEvent) => void): unknown }
  readonly done: Promise<unknown>
}

async function record(
  file: string,
  run: Run,
  during?: (events: readonly PullEvent[]) => Promise<void>,
): Promise<void> {
  const events: PullEvent[] = []
  run.events.subscribe((event) => events.push(event))
  await Promise.all([run.done.catch(() => undefined), during?.(events)])
  const lines = events
    .map((event) => encodeEvent(event).trimEnd())
    .join('\n')
    .replaceAll(registry.host, host)
    .replaceAll(target.host, 'target.example:5000')
  const plain = lines.split('\n').map((line) => JSON.parse(line) as PullEvent)
  const broken = violationsOf(plain)
  if (broken.length > 0) throw new Error(`${file}: ${broken.join('; ')}`)
  writeFileSync(new URL(`${file}.jsonl`, folder), `${lines}\n`)
  writeFileSync(new URL(`${file}.json`, folder), replay(plain))
  process.stdout.write(`${file}: ${events.length} events\n`)
}

try {
  await putImage(registry, 'team/app', 'one', image(1))
  await putImage(registry, 'team/app', 'two', image(100))
  await putImage(registry, 'team/app', 'three', image(200))
  await putImage(registry, 'team/app', 'many', buildIndex([image(300), image(400, 'arm64')]))
  const windlass = await open({ store: join(root, 'store'), retryDelay: 30, retries: 3 })
  await record('new', windlass.pull(name('one'), wanted))
  await record('up-to-date', windlass.pull(name('one'), wanted))
  await record('index', windlass.pull(name('many'), { ...wanted, unpack: false }))
  const first = image(100).layers[0]!.digest
  registry.addFault(faults.reset(30_000, { reference: first, nth: 1 }))
  registry.addFault(faults.wrongByte(5_000, { reference: first, nth: 2 }))
  await record('retried', windlass.pull(name('two'), wanted))
  const paused = windlass.pull(name('three'), wanted)
  await record('paused', paused, async () => {
    await sleep(200)
    paused.pause()
    await sleep(150)
    paused.resume()
  })
  registry.addFault(faults.status(403, { times: Infinity }))
  await record('refused', windlass.pull(name('two'), { ...wanted, refresh: true }))
  registry.clearFaults()
  const cancelled = windlass.pull(name('three'), { ...wanted, refresh: true })
  await record('cancelled', cancelled, async () => {
    await sleep(250)
    cancelled.cancel()
  })
  await record('missing', windlass.pull(name('none'), wanted))
  await record('copied', windlass.copy(name('many'), `${target.host}/mirror/app:many`))
  await windlass.close()
} finally {
  await registry.close()
  await target.close()
  rmSync(root, { recursive: true, force: true })
}
