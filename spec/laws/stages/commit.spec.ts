/** The laws, over the stages that make layers and images a part of the store, or a tree. */
import { compose } from '../../../lib/flow/index.js'
import {
  type FinishedImage,
  type UnpackedLayer,
  assemble,
  commitBlob,
  commitImage,
  commitLayer,
  eachLayer,
} from '../../../lib/stages/index.js'
import { keepsTheLaws, unchanged } from '../../support/laws/keeps-the-laws.js'
import { LawBench } from '../../support/laws/law-bench.js'
import { type SampleKind, sampleOf } from '../../support/laws/sample-images.js'

const bench = new LawBench()
const { inProgress } = bench

keepsTheLaws(commitBlob, {
  when: 'of blobs in the store',
  make: () => commitBlob(bench.store),
  input: (seed) => bench.storedLayer(seed),
  slots: 1,
  outputs: (layers) => layers.map(() => undefined),
  inProgress,
})

keepsTheLaws(commitBlob, {
  when: 'of blobs that arrive',
  make: () => commitBlob(bench.store),
  input: (seed) => bench.growingLayer(seed),
  slots: 1,
  outputs: (layers) => layers.map(() => undefined),
  inProgress,
})

const unpacked = async (seed: number): Promise<UnpackedLayer> =>
  bench.after(await bench.storedLayer(seed), bench.stages.unpack)

keepsTheLaws(commitLayer, {
  make: () => commitLayer(bench.store, bench.goal),
  input: unpacked,
  slots: 1,
  shows: ({ diffID, form }) => `${diffID} ${form}`,
  outputs: (layers) => layers.map(({ unpacked, form }) => `${unpacked.diffID} ${form}`),
  inProgress,
})

/** An image whose layers are all in the store. */
async function finished(seed: number): Promise<FinishedImage> {
  const kind = (['image', 'index', 'schema1'] as const satisfies readonly SampleKind[])[seed % 3]!
  const { resolve, bySchema, plan, fetchConfig, ensureLayer, convertSchema1, ...stages } = bench.stages
  const line = compose(stages.download, stages.verify, stages.unpack, stages.commitLayer)
  return bench.after(
    await bench.request(seed, kind),
    compose(resolve, bySchema, plan, fetchConfig, eachLayer(ensureLayer(line)), convertSchema1),
  )
}

keepsTheLaws(commitImage, {
  make: () => commitImage(bench.store),
  input: finished,
  slots: 1,
  order: 'source',
  shows: ({ name, status, layers }) => [name, status, ...layers.map(({ digest }) => digest)],
  outputs: (images) =>
    images.map(({ request: { name } }) => [
      name,
      'newer',
      ...sampleOf(name).image.layers.map(({ digest }) => digest),
    ]),
  inProgress,
})

// One image: a second one would find that the directory is not empty, and fail.
keepsTheLaws(assemble, {
  make: () => assemble({ store: bench.store, pool: bench.parts.pool, directory: bench.path() }),
  input: async (seed) => bench.after(await finished(seed), commitImage(bench.store)),
  slots: 1,
  maxInputs: 1,
  runs: 12,
  ...unchanged,
  inProgress,
})
