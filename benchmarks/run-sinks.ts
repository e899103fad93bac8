/**
 * Measures one pass over a layer with several sinks, and with each sink alone.
 *
 *     npm run bench -- sinks --megabytes 200,800 --runs 3
 *
 * --megabytes are the uncompressed sizes of the layer. Writes <out>/sinks.json and sinks.md. The stores need twice the
 * size of the layer in --under.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { digestOf } from '../lib/image/index.js'
import { type TestRegistry, startRegistry } from '../lib/testing/registry/index.js'
import { layerArchive } from './growth/layer-stream.js'
import { describeMachine } from './shared/machine.js'
import { type Cost, runMeasured } from './shared/measured.js'
import { shuffle, spreadOf } from '../puller/bench/statistics.js'
import { temporary } from './shared/temporary.js'
import { type SinksPoint, sinksTable } from './sinks/table.js'

const { values } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '200,800' },
    runs: { type: 'string', default: '3' },
    under: { type: 'string', default: '/dev/shm' },
    out: { type: 'string', default: 'docs/benchmarks' },
  },
})
const sizes = values.megabytes.split(',').map(Number)
const runs = Number(values.runs)
if (![...sizes, runs].every((each) => Number.isInteger(each) && each > 0))
  throw new Error('--megabytes and --runs must be numbers of at least 1')

/** One pass with all five sinks, then one for each sink with only what it needs: a scan needs unpacking. */
const passes = [
  'store,unpack,scan,send,hash',
  'store',
  'store,unpack',
  'store,scan',
  'store,send',
  'store,hash',
]
const program = fileURLToPath(new URL('sinks/one-pass.mjs', import.meta.url))

/** Puts an image of one layer into the registry. */
function putImage(registry: TestRegistry, megabytes: number): string {
  const files = 100
  const tar = Buffer.concat([
    ...layerArchive({ seed: 1, files, bytes: Math.floor((megabytes * 1e6) / files) }),
  ])
  const layer = gzipSync(tar, { level: 1 })
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: [digestOf(tar)] },
    }),
  )
  const kind = (name: string): string => `application/vnd.oci.image.${name}`
  const described = (mediaType: string, bytes: Buffer) => ({
    mediaType: kind(mediaType),
    digest: registry.putBlob(bytes),
    size: bytes.length,
  })
  const manifest = {
    schemaVersion: 2,
    mediaType: kind('manifest.v1+json'),
    config: described('config.v1+json', config),
    layers: [described('layer.v1.tar+gzip', layer)],
  }
  registry.putManifest('bench/sinks', '1', Buffer.from(JSON.stringify(manifest)), manifest.mediaType)
  return `${registry.host}/bench/sinks:1`
}

async function measure(megabytes: number): Promise<SinksPoint[]> {
  const registry = await startRegistry()
  const target = createServer((request, response) => request.resume().on('end', () => response.end()))
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(target.address() as AddressInfo).port}/`
  const costs = new Map(passes.map((sinks) => [sinks, new Array<Cost>()]))
  try {
    const reference = putImage(registry, megabytes)
    for (let round = 0; round < runs; round++)
      for (const sinks of shuffle(passes, round)) {
        const store = await temporary(values.under, 'windlass-sinks-')
        const cost = await runMeasured([process.execPath, program, sinks, store, reference, url])
        await rm(store, { recursive: true, force: true })
        costs.get(sinks)!.push(cost)
        process.stderr.write(
          `${round + 1}: ${megabytes} MB ${sinks}: ${cost.wall.toFixed(2)} s, ${Math.round(cost.memory / 1e6)} MB\n`,
        )
      }
  } finally {
    target.close()
    await registry.close()
  }
  return [...costs].map(([sinks, of]) => ({
    megabytes,
    sinks,
    wall: spreadOf(of.map(({ wall }) => wall)),
    memory: spreadOf(of.map(({ memory }) => memory)),
  }))
}

const machine = await describeMachine(tmpdir())
const points: SinksPoint[] = []
for (const size of sizes) points.push(...(await measure(size)))
await mkdir(values.out, { recursive: true })
await writeFile(join(values.out, 'sinks.json'), `${JSON.stringify({ machine, points }, null, 2)}\n`)
const text = sinksTable(points, machine)
await writeFile(join(values.out, 'sinks.md'), text)
process.stdout.write(text)
