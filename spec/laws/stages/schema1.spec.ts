/** The laws, over the stages of schema 1 images. */
import {
  type ReadSchema1Document,
  type Resolved,
  type Schema1Document,
  type WholeImage,
  convertSchema1,
  eachLayer,
  readSchema1,
  sizeSchema1,
} from '../../../lib/stages/index.js'
import { compose } from '../../../lib/flow/index.js'
import { keepsTheLaws } from '../../support/laws/keeps-the-laws.js'
import { LawBench, retry } from '../../support/laws/law-bench.js'
import { sampleOf } from '../../support/laws/sample-images.js'

const bench = new LawBench()
const { inProgress } = bench

const schema1 = async (seed: number): Promise<Resolved<Schema1Document>> =>
  (await bench.after(await bench.request(seed, 'schema1'), bench.stages.resolve)) as Resolved<Schema1Document>
const read = async (seed: number): Promise<Resolved<ReadSchema1Document>> =>
  bench.after(await schema1(seed), readSchema1())

/** An image whose layers are all in the store, half of them of schema 1. */
async function whole(seed: number): Promise<WholeImage> {
  const request = await bench.request(seed, seed % 2 === 0 ? 'schema1' : 'image')
  const { resolve, bySchema, plan, fetchConfig, ensureLayer, download, verify, commitBlob } = bench.stages
  const layers = eachLayer(ensureLayer(compose(download, verify, commitBlob)))
  return bench.after(request, compose(resolve, bySchema, plan, fetchConfig, layers))
}

const layersOf = (name: string): readonly string[] => sampleOf(name).image.layers.map(({ digest }) => digest)

keepsTheLaws(readSchema1, {
  make: () => readSchema1(),
  input: schema1,
  slots: 1,
  order: 'source',
  shows: ({ request, document }) => [request.name, ...document.image.layers.map(({ digest }) => digest)],
  outputs: (all) => all.map(({ request: { name } }) => [name, ...layersOf(name)]),
})

keepsTheLaws(sizeSchema1, {
  make: () => sizeSchema1({ store: bench.store, retry }),
  input: read,
  slots: 2,
  order: 'source',
  shows: ({ request, document }) => [request.name, ...document.layers.map(({ size }) => size)],
  outputs: (all) =>
    all.map(({ request: { name } }) => [name, ...sampleOf(name).image.layers.map(({ size }) => size)]),
  inProgress,
})

keepsTheLaws(convertSchema1, {
  make: () => convertSchema1(bench.store),
  input: whole,
  slots: 1,
  order: 'source',
  shows: ({ request, document }) => [
    request.name,
    document.kind,
    ...document.manifest.layers.map(({ digest }) => digest),
  ],
  outputs: (all) => all.map(({ request: { name } }) => [name, 'image', ...layersOf(name)]),
  inProgress,
})
