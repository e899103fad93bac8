/** The laws, over whole lines that pull from a registry. */
import { afterAll, beforeAll } from 'vitest'
import { Flow, type Stage, run } from '../../../lib/flow/index.js'
import type { ImageRequest, PulledImage } from '../../../lib/stages/index.js'
import { type TestRegistry, startRegistry } from '../../../lib/testing/index.js'
import { entryStages } from '../../../pipelines/all-platforms.js'
import {
  type PullStages,
  type RunningPull,
  allPlatforms,
  allTags,
  eachPull,
  fetch,
  pull,
  pullStages,
} from '../../../pipelines/index.js'
import { type PullContext, createContext } from '../../../puller/index.js'
import { keepsTheLaws } from '../../support/laws/keeps-the-laws.js'
import { LawBench, retry } from '../../support/laws/law-bench.js'
import { Meter } from '../../support/laws/meter.js'
import { type SampleKind, putSample, sampleOf } from '../../support/laws/sample-images.js'

const bench = new LawBench()
const meter = new Meter()
const inProgress = (): number => meter.inProgress
let registry: TestRegistry
let context: PullContext
let stages: PullStages

beforeAll(async () => {
  registry = await startRegistry()
  context = await createContext({ store: bench.path(), limits: { indexDepth: 1 }, retries: 1 })
  const store = meter.watch(context.store, 'blobs', 'layers', 'partials', 'names')
  stages = pullStages({ ...context, store }, await context.goal())
})
afterAll(async () => {
  await context.close()
  await registry.close()
})

async function request(seed: number, kind: SampleKind): Promise<ImageRequest> {
  const tag = await putSample(registry, kind, seed)
  const asked = context.request(`${registry.host}/app:${tag}`, { platform: 'linux/amd64' })
  return { ...asked, source: meter.watch(asked.source) }
}

const pulledImage = ({ name, layers }: Pick<PulledImage, 'name' | 'layers'>): readonly string[] => [
  name,
  ...layers.map(({ digest }) => digest),
]
const expectedImage = ({ name }: ImageRequest): readonly string[] => [
  name,
  ...sampleOf(name).image.layers.map(({ digest }) => digest),
]

/** Slots of `bySchema` for indexes of depth 1: at each depth, an element and a result of each of three cases wait. */
const bySchemaSlots = 2 * (1 + 3 + 2) /* the cases of schema 1 */ + 2 /* the case of an index */ + 1
const lineSlots =
  2 /* resolve */ + bySchemaSlots + 3 /* plan */ + 2 /* fetchConfig */ + 3 /* layers, commit */

keepsTheLaws(pull, {
  make: () => pull(stages),
  input: (seed) => request(seed, (['image', 'index', 'schema1'] as const)[seed % 3]!),
  slots: lineSlots,
  fillsSlots: false,
  runs: 3,
  shows: pulledImage,
  outputs: (requests) => requests.map(expectedImage),
  inProgress,
})

keepsTheLaws(fetch, {
  make: () => fetch(pullStages({ ...context }, { unpack: false, form: 'overlay', keepBlobs: true })),
  input: (seed) => request(seed, (['image', 'nameless', 'schema1'] as const)[seed % 3]!),
  slots: lineSlots,
  fillsSlots: false,
  runs: 3,
  shows: pulledImage,
  outputs: (requests) => requests.map(expectedImage),
  inProgress,
})

/** Runs `line` for one image. */
function start(asked: ImageRequest, line: Stage<ImageRequest, PulledImage>): RunningPull {
  const images: PulledImage[] = []
  const { done, cancel, closed } = run(Flow.of(asked).pipe(line), (image) => void images.push(image))
  return { done: done.then(() => images[0]!), cancel, closed }
}

keepsTheLaws(eachPull, {
  make: () =>
    eachPull({
      start: (asked: ImageRequest) => start(asked, pull(stages)),
      mapImage: pulledImage,
      mapError: (error) => {
        throw error
      },
    }),
  input: (seed) => request(seed, 'image'),
  slots: 2,
  order: 'source',
  outputs: (requests) => requests.map(expectedImage),
  inProgress,
})

keepsTheLaws(allTags, {
  make: () =>
    allTags({
      ...{ name: `${registry.host}/app`, failFast: true },
      start: (tag) => {
        const asked = context.request(`${registry.host}/app:${tag}`, { platform: 'linux/amd64' })
        return start({ ...asked, source: meter.watch(asked.source) }, pull(stages))
      },
    }),
  input: (seed) => putSample(registry, 'image', seed),
  slots: Infinity, // it has one result, of all tags
  shows: ({ tags }) => tags.map(({ tag }) => tag),
  outputs: (tags) => [tags],
  inProgress,
})

keepsTheLaws(allPlatforms, {
  make: () =>
    allPlatforms({
      ...{ store: context.store, retry },
      start: (image, asked) =>
        start(asked, pull(entryStages(stages, { store: context.store, retry }, image))),
    }),
  input: (seed) => request(seed, (['image', 'index', 'nameless', 'schema1'] as const)[seed % 4]!),
  slots: 2 /* resolve */ + 1 /* imagesOfIndex */ + 1,
  shows: ({ name, images }) => `${name} ${images.length}`,
  outputs: (requests) =>
    requests.map(({ name }) => `${name} ${['image', 'schema1'].includes(sampleOf(name).kind) ? 1 : 2}`),
  inProgress,
})
