/** The laws, over the stages from a manifest to an image whose layers can be fetched. */
import {
  type PlannedImage,
  type PullableDocument,
  type Resolved,
  awaitConfig,
  checkPlatform,
  checkSpace,
  enforcePolicy,
  fetchConfig,
  holdImage,
  plan,
  readyThreads,
} from '../../../lib/stages/index.js'
import { keepsTheLaws, unchanged } from '../../support/laws/keeps-the-laws.js'
import { LawBench, retry } from '../../support/laws/law-bench.js'
import { type SampleKind, sampleOf } from '../../support/laws/sample-images.js'

const bench = new LawBench()
const { inProgress } = bench

const anyKind = (seed: number): SampleKind => (['image', 'index', 'schema1'] as const)[seed % 3]!

async function pullable(seed: number): Promise<Resolved<PullableDocument>> {
  const { resolve, bySchema } = bench.stages
  return bench.after(await bench.after(await bench.request(seed, anyKind(seed)), resolve), bySchema)
}
const planned = async (seed: number): Promise<PlannedImage> =>
  bench.after(await pullable(seed), plan({ store: bench.store, goal: bench.goal }))

keepsTheLaws(holdImage, {
  when: 'while another process has the lock of the store',
  make: () => {
    bench.lockStore()
    return holdImage(bench.store)
  },
  input: pullable,
  slots: 1,
  ...unchanged,
  inProgress,
})

keepsTheLaws(enforcePolicy, {
  make: () =>
    enforcePolicy<Resolved<PullableDocument>>(
      { ruleFor: () => ({ requirements: [{ type: 'accept' }], origin: 'a test' }) },
      { retry },
    ),
  input: pullable,
  slots: 1,
  ...unchanged,
  inProgress,
})

keepsTheLaws(plan, {
  make: () => plan({ store: bench.store, goal: bench.goal }),
  input: pullable,
  slots: 1,
  order: 'source',
  shows: ({ request, layers, upToDate }) => [
    request.name,
    ...layers.map(({ descriptor, action }) => `${action} ${descriptor.digest}`),
    upToDate,
  ],
  outputs: (all) =>
    all.map(({ request: { name } }) => [
      name,
      ...sampleOf(name).image.layers.map(({ digest }) => `download ${digest}`),
      false,
    ]),
  inProgress,
})

keepsTheLaws(checkSpace, {
  make: () => checkSpace(bench.store),
  input: planned,
  slots: 1,
  ...unchanged,
})

keepsTheLaws(readyThreads, {
  make: () => readyThreads(bench.parts.pool, bench.goal),
  input: planned,
  slots: 0,
  ...unchanged,
})

keepsTheLaws(fetchConfig, {
  make: () => fetchConfig<PlannedImage>({ store: bench.store, retry }),
  input: planned,
  slots: 1,
  ...unchanged,
  inProgress,
})

/** An image whose config is on its way, or is here already. */
const configured = async (seed: number): Promise<PlannedImage> => {
  const image = await planned(seed)
  return seed % 2 === 0
    ? bench.after(image, bench.stages.fetchConfig)
    : bench.during(bench.withMemory(image), ({ fetchConfig }) => fetchConfig)
}

keepsTheLaws(checkPlatform, {
  make: () => checkPlatform<PlannedImage>(),
  input: configured,
  slots: 1,
  ...unchanged,
})

keepsTheLaws(awaitConfig, {
  make: () => awaitConfig<PlannedImage>(),
  input: configured,
  slots: 1,
  ...unchanged,
})
