/**
 * Compares servers that keep running: `windlass serve`, dockerd and containerd, each asked by its clients. Requires root.
 *
 *     npm run bench -- warm --images small,layers,distribution,files,big --runs 7
 *
 * --works takes some of unpack,fetch,again; --stores some of tmpfs,disk. Each server pulls the small image ten times before
 * (--warm-up). Writes <out>/warm.json and warm.md after each comparison. Seconds are medians, followed by minimum and maximum.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Comparison, compare } from './compare.js'
import { imageRecipes } from './images/recipes.js'
import { type ServedImage, serveImage } from './images/registry.js'
import { startPeerHost } from './peers/peer-host.js'
import { peersRoot } from './peers/root.js'
import { crane } from './peers/clients.js'
import type { Work } from './peers/peer.js'
import {
  dockerClient,
  residentLibrary,
  type WarmPeer,
  warmContainerd,
  warmDocker,
  warmWindlass,
} from './peers/warm.js'
import { describeMachine } from './shared/machine.js'
import { temporary } from './shared/temporary.js'
import { warmTable } from './report/warm-table.js'

const { values } = parseArgs({
  options: {
    images: { type: 'string', default: 'small,layers,distribution,files,big' },
    works: { type: 'string', default: 'unpack,fetch,again' },
    stores: { type: 'string', default: 'tmpfs,disk' },
    runs: { type: 'string', default: '7' },
    'warm-up': { type: 'string', default: '10' },
    suite: { type: 'string', default: 'testing' },
    out: { type: 'string', default: 'docs/benchmarks' },
  },
})

function chosen<T extends string>(option: 'images' | 'works' | 'stores', known: readonly T[]): T[] {
  return values[option].split(',').map((name) => {
    const match = known.find((each) => each === name)
    if (match === undefined) throw new Error(`--${option} accepts ${known.join(', ')}, not '${name}'`)
    return match
  })
}

const names = chosen(
  'images',
  imageRecipes.map(({ name }) => name),
)
const works = chosen('works', ['unpack', 'fetch', 'again'] as const)
const stores = chosen('stores', ['tmpfs', 'disk'] as const)
const [runs, warmUp] = [Number(values.runs), Number(values['warm-up'])]
if (!(Number.isInteger(runs) && runs > 0 && Number.isInteger(warmUp) && warmUp >= 0))
  throw new Error('--runs takes a number from 1, --warm-up one from 0')

const machine = await describeMachine(tmpdir())
const comparisons: Comparison[] = []
const images = await Promise.all(names.map(serveImage))
const small = await serveImage('small')
try {
  for (const store of stores) await compareOn(store)
} finally {
  for (const { registry } of [...images, small]) await registry.stop()
}
process.stdout.write(warmTable(comparisons, machine))

async function compareOn(store: 'tmpfs' | 'disk'): Promise<void> {
  const under = await temporary(store === 'disk' ? tmpdir() : '/dev/shm', 'windlass-warm-')
  const host = await startPeerHost(await peersRoot(values.suite), under)
  const version = `${machine.version}, Node ${machine.node}`
  const ours = await warmWindlass(host, under, version)
  const peers: WarmPeer[] = [
    ...ours,
    dockerClient(host, ours[0]!),
    await warmDocker(host),
    await warmContainerd(host),
    { ...residentLibrary(under, version), works: ['fetch'] },
    { ...(await crane(host)), works: ['fetch'], stop: () => Promise.resolve() },
  ]
  try {
    for (const peer of peers)
      for (let pull = 0; pull <= warmUp; pull++) {
        await peer.prepare()
        if (pull < warmUp) await peer.run(small.reference, peer.works[0]!)
      }
    for (const image of images)
      for (const work of works) await compareOne(peers, image, { work, store, under })
  } finally {
    for (const peer of peers) await peer.stop()
    await host.stop()
  }
}

async function compareOne(
  peers: readonly WarmPeer[],
  { name, reference, bytes }: ServedImage,
  { work, store, under }: { work: Work; store: 'tmpfs' | 'disk'; under: string },
): Promise<void> {
  const about = { image: name, work, store, link: '', bytes }
  comparisons.push(await compare(peers, { ...about, reference, stores: under, runs }))
  await mkdir(values.out, { recursive: true })
  await writeFile(join(values.out, 'warm.json'), `${JSON.stringify({ machine, comparisons }, null, 2)}\n`)
  await writeFile(join(values.out, 'warm.md'), warmTable(comparisons, machine))
}
