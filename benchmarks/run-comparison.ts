/**
 * Compares Windlass with the peers. Requires root.
 *
 *     npm run bench -- peers --images files,distribution,big,layers,small --works version,trees,unpack,fetch,again --runs 7
 *
 * Writes <out>/results.json, table.md and, unless --no-plots, plot.svg after each comparison, so that an interrupted
 * run keeps its results. With --append, a comparison is added to the existing results or replaces the one of the same
 * image, work, store and link. --second-node is the path of another Node, which runs Windlass as well. Seconds are medians, followed by minimum and maximum.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compare } from './compare.js'
import { naiveLoop, runtimes, windlass } from './contenders.js'
import { imageRecipes } from './images/recipes.js'
import { type ServedImage, serveImage } from './images/registry.js'
import { startLink } from './shared/link.js'
import { describeMachine } from './shared/machine.js'
import { allPeers, peerNames, type Peers, reasonOf } from './peers/all-peers.js'
import { startPeerHost } from './peers/peer-host.js'
import { peersRoot } from './peers/root.js'
import { mergeResults, readResults, type Results } from './results.js'
import { compareStartUp } from './start-up.js'
import { resultsTable } from './table.js'
import { temporary } from './shared/temporary.js'
import { checkTrees } from './trees/check-trees.js'

const { values } = parseArgs({
  options: {
    images: { type: 'string', default: imageRecipes.map(({ name }) => name).join(',') },
    works: { type: 'string', default: 'version,trees,unpack,fetch,again' },
    stores: { type: 'string', default: 'tmpfs,disk' },
    contenders: { type: 'string', default: ['windlass', ...peerNames].join(',') },
    runs: { type: 'string', default: '7' },
    'version-runs': { type: 'string', default: '15' },
    /** Rate in Mbit/s of each connection and in total, and round-trip time in milliseconds: `100/40`. */
    link: { type: 'string', default: '' },
    /** Path of another Node, which runs Windlass as well. */
    'second-node': { type: 'string', default: '' },
    suite: { type: 'string', default: 'testing' },
    append: { type: 'boolean', default: false },
    'no-plots': { type: 'boolean', default: false },
    out: { type: 'string', default: 'docs/benchmarks' },
  },
})

function parseChoice<T extends string>(option: string, text: string, known: readonly T[]): T[] {
  return text.split(',').map((name) => {
    const match = known.find((each) => each === name)
    if (match === undefined) throw new Error(`--${option} accepts ${known.join(', ')}, not '${name}'`)
    return match
  })
}

function parseCount(option: string, text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text))
    throw new Error(`--${option} must be a number of at least 1, not '${text}'`)
  return Number(text)
}

const names = parseChoice(
  'images',
  values.images,
  imageRecipes.map(({ name }) => name),
)
const works = parseChoice('works', values.works, ['version', 'trees', 'unpack', 'fetch', 'again'] as const)
const stores = parseChoice('stores', values.stores, ['tmpfs', 'disk'] as const)
const selected = parseChoice('contenders', values.contenders, ['windlass', ...peerNames])
const runs = parseCount('runs', values.runs)
if (values.link !== '' && !/^\d+\/\d+$/.test(values.link))
  throw new Error(`--link must be Mbit/s and milliseconds, such as 100/40, not '${values.link}'`)

const machine = await describeMachine(tmpdir())
const nodes = runtimes(machine.version, values['second-node'])
const file = join(values.out, 'results.json')
let results: Results = { machine, images: [], skipped: [], trees: [], comparisons: [] }
const earlier = values.append ? await readResults(file) : undefined
if (earlier) results = mergeResults(earlier, results)

/** Adds a part to the results and writes them. */
async function addResults(part: Partial<Results>): Promise<void> {
  results = mergeResults(results, {
    ...{ machine, images: [], skipped: [], trees: [], comparisons: [] },
    ...part,
  })
  await mkdir(values.out, { recursive: true })
  await writeFile(file, `${JSON.stringify(results, null, 2)}\n`)
  await writeFile(join(values.out, 'table.md'), resultsTable(results, !values['no-plots']))
  if (values['no-plots']) return
  const { drawComparisons } = await import('./report/draw-comparisons.js')
  await writeFile(join(values.out, 'plot.svg'), drawComparisons(results.comparisons))
}

/** Returns the URLs of the layers, which curl fetches for the lower bound. */
async function layersOf(reference: string): Promise<string[]> {
  const [, host = '', repository = '', tag = ''] = /^([^/]+)\/(.+):([^:]+)$/.exec(reference) ?? []
  const base = `http://${host}/v2/${repository}`
  const accept = 'application/vnd.oci.image.manifest.v1+json'
  const answer = await fetch(`${base}/manifests/${tag}`, { headers: { accept } })
  const { layers } = (await answer.json()) as { layers: { digest: string }[] }
  return layers.map(({ digest }) => `${base}/blobs/${digest}`)
}

async function startLinkTo(image: ServedImage): Promise<{ reference: string; close(): Promise<void> }> {
  if (values.link === '') return { reference: image.reference, close: () => Promise.resolve() }
  const [megabits = NaN, latency = NaN] = values.link.split('/').map(Number)
  const rate = (megabits * 1e6) / 8
  const link = await startLink({ target: image.registry.host, latency, perConnection: rate, total: rate })
  return { reference: `${link.host}/${image.repository}`, close: () => link.close() }
}

async function comparePulls(): Promise<void> {
  const images: ServedImage[] = []
  for (const name of names)
    await serveImage(name).then(
      (image) => images.push(image),
      (error: unknown) => failed(`SKIPPED: ${name}: ${reasonOf(error)}`),
    )
  const small = images.find(({ name }) => name === 'small') ?? images[0]
  if (!small) return
  const shown = images.map(({ name, shows, repository, bytes, layers }) => ({
    ...{ name, shows, repository, bytes, layers },
  }))
  try {
    await addResults({ images: shown })
    for (const store of stores) await withStore(store, images, small.reference)
  } finally {
    for (const { registry } of images) await registry.stop()
  }
}

async function withStore(
  store: 'tmpfs' | 'disk',
  images: readonly ServedImage[],
  small: string,
): Promise<void> {
  const under = await temporary(store === 'disk' ? tmpdir() : '/dev/shm', 'windlass-bench-')
  const others = selected.filter((name) => name !== 'windlass')
  const host = others.length > 0 ? await startPeerHost(await peersRoot(values.suite), under) : undefined
  try {
    const beside = host
      ? (command: readonly string[]) => host.beside(command)
      : (command: readonly string[]) => command
    const own = nodes.map((node) => [windlass(under, node, beside), naiveLoop(under, node, beside)])
    const ours = own[0]![0]!
    const none: Peers = { peers: [], skipped: [] }
    const { peers, skipped } = host ? await allPeers(host, others, small, layersOf) : none
    await addResults({ skipped })
    const contenders = [...(selected.includes('windlass') ? own.flat() : []), ...peers]
    for (const image of images) {
      const link = await startLinkTo(image)
      const { reference } = link
      const { name, blobs, bytes } = image
      for (const work of works)
        if (work === 'trees' && host && store === stores[0]) {
          const seen = (path: string): string => host.seen(path)
          await checkTrees(ours, peers, { image: name, reference, blobs, seen }).then(
            (trees) => addResults({ trees }),
            (error: unknown) => failed(`${name}: Windlass’s own tree: ${reasonOf(error)}`),
          )
        } else if (work !== 'trees' && work !== 'version') {
          const about = { image: name, work, store, link: values.link, bytes }
          const comparison = await compare(contenders, { ...about, reference, stores: under, runs })
          await addResults({ comparisons: [comparison] })
          if (comparison.failed.some((each) => each.name === ours.name)) failed(`${name}: Windlass failed`)
        }
      await link.close()
    }
  } finally {
    await host?.stop()
  }
}

function failed(what: string): void {
  process.stderr.write(`${what}\n`)
  process.exitCode = 1
}

if (works.includes('version')) {
  const runs = parseCount('version-runs', values['version-runs'])
  await addResults({ comparisons: [await compareStartUp(runs, nodes)] })
}
if (works.some((work) => work !== 'version')) await comparePulls()

process.stdout.write(resultsTable(results))
if (results.trees.some(({ differences }) => differences !== 0)) failed('Not all trees are the same')
