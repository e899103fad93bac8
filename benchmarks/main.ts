/**
 * The comparison with the peers.
 *
 *     npm run bench -- --images files,distribution,big,layers,small --runs 7 --stores tmpfs,disk --works unpack,fetch
 *
 * Needs root. Seconds are medians, the least and the most behind them; ratios are Windlass's over the peer's.
 * Writes <out>/table.md, results.json and, unless --no-plots, plot.svg.
 */
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compare, type Comparison, treeDifferences } from './compare.js'
import { windlass } from './contenders.js'
import { imageRecipes } from './images/recipes.js'
import { type ServedImage, serveImage } from './images/registry.js'
import { startLink } from './link.js'
import { allPeers, type Peers } from './peers/all-peers.js'
import type { Work } from './peers/peer.js'
import { startPeerHost } from './peers/peer-host.js'
import { peersRoot } from './peers/root.js'
import { comparisonTable } from './table.js'

const { values } = parseArgs({
  options: {
    images: { type: 'string', default: imageRecipes.map(({ name }) => name).join(',') },
    runs: { type: 'string', default: '7' },
    stores: { type: 'string', default: 'tmpfs,disk' },
    works: { type: 'string', default: 'unpack,fetch' },
    suite: { type: 'string', default: 'testing' },
    /** Of one connection and all, in Mbit/s, with the milliseconds there and back: `100/40`. */
    link: { type: 'string' },
    'no-trees': { type: 'boolean', default: false },
    'no-plots': { type: 'boolean', default: false },
    out: { type: 'string', default: 'docs/benchmarks' },
  },
})

/** What curl is to fetch for the floor. */
async function layersOf(reference: string): Promise<string[]> {
  const [, host = '', repository = '', tag = ''] = /^([^/]+)\/(.+):([^:]+)$/.exec(reference) ?? []
  const base = `http://${host}/v2/${repository}`
  const accept = 'application/vnd.oci.image.manifest.v1+json'
  const answer = await fetch(`${base}/manifests/${tag}`, { headers: { accept } })
  const { layers } = (await answer.json()) as { layers: { digest: string }[] }
  return layers.map(({ digest }) => `${base}/blobs/${digest}`)
}

async function behindLink(image: ServedImage): Promise<{ reference: string; close(): Promise<void> }> {
  if (values.link === undefined) return { reference: image.reference, close: () => Promise.resolve() }
  const [megabits = NaN, latency = NaN] = values.link.split('/').map(Number)
  const rate = (megabits * 1e6) / 8
  const link = await startLink({ target: image.registry.host, latency, perConnection: rate, total: rate })
  return { reference: `${link.host}/${image.repository}`, close: () => link.close() }
}

const images: ServedImage[] = []
for (const name of values.images.split(',')) images.push(await serveImage(name))
const small = images.find(({ name }) => name === 'small') ?? images[0]!
const root = await peersRoot(values.suite)
const version = execFileSync(process.execPath, ['--version'], { encoding: 'utf8' }).trim()
const comparisons: Comparison[] = []
const differences: Record<string, Record<string, string[]>> = {}
let skipped: Peers['skipped'] = []
try {
  for (const store of values.stores.split(',') as ('tmpfs' | 'disk')[]) {
    const stores = await mkdtemp(join(store === 'disk' ? tmpdir() : '/dev/shm', 'windlass-bench-'))
    const host = await startPeerHost(root, stores)
    try {
      const found = await allPeers(host, small.reference, layersOf)
      skipped = found.skipped
      const ours = windlass(stores, `on Node ${version}`)
      for (const image of images) {
        const link = await behindLink(image)
        if (store === 'tmpfs' && !values['no-trees'])
          differences[image.name] = await treeDifferences(ours, found.peers, link.reference, (path) =>
            host.seen(path),
          )
        for (const work of values.works.split(',') as Work[])
          comparisons.push(
            await compare([ours, ...found.peers], {
              ...{ image: image.name, work, store, link: values.link ?? '', reference: link.reference },
              runs: Number(values.runs),
            }),
          )
        await link.close()
      }
    } finally {
      await host.stop()
      await rm(stores, { recursive: true, force: true })
    }
  }
} finally {
  for (const { registry } of images) await registry.stop()
}

const machine = {
  processors: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
  memory: totalmem(),
  kernel: (await readFile('/proc/sys/kernel/osrelease', 'utf8')).trim(),
  date: new Date().toISOString(),
}
const shown = images.map(({ name, shows, bytes, layers }) => ({ name, shows, bytes, layers }))
const table = comparisonTable(comparisons)
await mkdir(values.out, { recursive: true })
await writeFile(join(values.out, 'table.md'), `# Windlass and its peers\n\n${table}`)
const results = { machine, images: shown, skipped, differences, comparisons }
await writeFile(join(values.out, 'results.json'), `${JSON.stringify(results, null, 2)}\n`)
if (!values['no-plots']) {
  const { drawComparisons } = await import('./report/draw-comparisons.js')
  await writeFile(join(values.out, 'plot.svg'), drawComparisons(comparisons))
}
process.stdout.write(table)
if (Object.values(differences).some((of) => Object.values(of).some(({ length }) => length > 0)))
  process.exitCode = 1
