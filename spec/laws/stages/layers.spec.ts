/** The laws, over the stages that bring layers into the store. */
import { type Stage, compose } from '../../../lib/flow/index.js'
import type { Digest } from '../../../lib/image/index.js'
import {
  type EnsuredLayer,
  type FetchedLayer,
  LayerFlights,
  type LayerGoal,
  type LayerTask,
  type PlannedImage,
  type SharedLayerTask,
  download,
  eachLayer,
  ensureLayer,
  imageBytes,
  reserve,
  storedEntries,
  unpack,
  verify,
} from '../../../lib/stages/index.js'
import { LayerEntries } from '../../../lib/transfer/layer-entries.js'
import { keepsTheLaws, unchanged } from '../../support/laws/keeps-the-laws.js'
import { LawBench } from '../../support/laws/law-bench.js'
import { sampleOf } from '../../support/laws/sample-images.js'

const bench = new LawBench()
const { inProgress } = bench

const digestOfLayer = ({ descriptor: { digest } }: LayerTask): Digest => digest
const digests = (layers: readonly LayerTask[]): readonly Digest[] => layers.map(digestOfLayer)

keepsTheLaws(reserve, {
  make: () => reserve({ store: bench.store }),
  input: (seed) => bench.layerTask(seed),
  slots: 1,
  shows: digestOfLayer,
  outputs: digests,
  inProgress,
})

keepsTheLaws(download, {
  make: () => download({ store: bench.store, downloads: bench.parts.downloads }),
  input: (seed) => bench.layerTask(seed),
  slots: 1 /* reserve */ + 1,
  shows: digestOfLayer,
  outputs: digests,
  inProgress,
})

keepsTheLaws(verify, {
  when: 'of blobs in the store',
  make: () => verify(),
  input: (seed) => bench.storedLayer(seed),
  slots: 1,
  ...unchanged,
})

keepsTheLaws(verify, {
  when: 'of blobs that arrive',
  make: () => verify(),
  input: (seed) => bench.growingLayer(seed),
  slots: 1,
  ...unchanged,
})

keepsTheLaws(storedEntries, {
  make: () => storedEntries({ ...bench.parts, entries: new LayerEntries(() => undefined), slots: 2 }),
  input: async (seed) => ({ task: await bench.storedLayer(seed), stored: undefined, blobPath: undefined }),
  slots: 2,
  shows: ({ task }) => digestOfLayer(task),
  outputs: (layers) => layers.map(({ task }) => digestOfLayer(task)),
})

keepsTheLaws(unpack, {
  when: 'of blobs in the store',
  make: () => unpack({ ...bench.parts, form: bench.goal.form }),
  input: (seed) => bench.storedLayer(seed),
  slots: 2,
  shows: digestOfLayer,
  outputs: digests,
  inProgress,
})

keepsTheLaws(unpack, {
  when: 'of blobs that arrive',
  make: () => unpack({ ...bench.parts, form: bench.goal.form }),
  input: (seed) => bench.growingLayer(seed),
  slots: 2,
  shows: digestOfLayer,
  outputs: digests,
  inProgress,
})

/** The stages of a layer that is missing. */
function lineOf(goal: LayerGoal): Stage<SharedLayerTask, FetchedLayer> {
  const { download, verify, unpack, commitLayer, commitBlob } = bench.stages
  return goal.unpack ? compose(download, verify, unpack, commitLayer) : compose(download, verify, commitBlob)
}

for (const unpack of [true, false])
  keepsTheLaws(ensureLayer, {
    when: unpack ? 'which unpacks' : 'which does not unpack',
    make: () => {
      const goal = { ...bench.goal, unpack }
      return ensureLayer({ store: bench.store, goal, flights: new LayerFlights(), slots: 4 }, lineOf(goal))
    },
    input: (seed): LayerTask => bench.layerTask(seed),
    slots: 4,
    shows: ({ task, stored }) => `${digestOfLayer(task)} ${stored === undefined ? 'blob' : 'tree'}`,
    outputs: (tasks) => tasks.map((task) => `${digestOfLayer(task)} ${unpack ? 'tree' : 'blob'}`),
    inProgress,
  })

const ensured = (): Stage<LayerTask, EnsuredLayer> => bench.stages.ensureLayer(lineOf(bench.goal))

const planned = async (seed: number): Promise<PlannedImage> => {
  const { resolve, bySchema, plan, fetchConfig } = bench.stages
  return bench.after(await bench.request(seed), compose(resolve, bySchema, plan, fetchConfig))
}

keepsTheLaws(eachLayer, {
  make: () => eachLayer(ensured(), 2),
  input: planned,
  slots: 2,
  order: 'source',
  shows: ({ request, ensured }) => [request.name, ensured.map(({ task }) => digestOfLayer(task)).sort()],
  outputs: (images) =>
    images.map(({ request: { name } }) => [
      name,
      sampleOf(name)
        .image.layers.map(({ digest }) => digest)
        .sort(),
    ]),
  inProgress,
})

keepsTheLaws(imageBytes, {
  make: () => imageBytes({ imageBytes: Infinity }),
  input: (seed) => bench.after(bench.layerTask(seed), ensured()),
  slots: 0,
  ...unchanged,
})
