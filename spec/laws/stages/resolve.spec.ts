/** The laws, over the stages that lead from a name to a manifest. */
import { type Stage, compose } from '../../../lib/flow/index.js'
import {
  type ImageRequest,
  type IndexDocument,
  type Resolved,
  bySchema,
  choosePlatform,
  readMissingPlatforms,
  imagesOfIndex,
  readSchema1,
  resolve,
  resolveEntry,
} from '../../../lib/stages/index.js'
import { keepsTheLaws, unchanged } from '../../support/laws/keeps-the-laws.js'
import { LawBench, limits, retry } from '../../support/laws/law-bench.js'
import { type SampleKind, kinds, sampleImage, sampleOf } from '../../support/laws/sample-images.js'

const bench = new LawBench()
const { inProgress } = bench

const anyKind = (seed: number): SampleKind => kinds[seed % kinds.length]!

const resolved = async (seed: number, kind: SampleKind): Promise<Resolved> =>
  bench.after(await bench.request(seed, kind), resolve({ retry }))

/** The name and the digest of a manifest. */
const manifestOf = ({ request, document }: Resolved): string =>
  `${request.name} ${document.kind === 'schema1' ? 'schema1' : document.descriptor.digest}`
const expectedManifest = ({ request: { name } }: { readonly request: ImageRequest }): string => {
  const { kind, image } = sampleOf(name)
  return `${name} ${kind === 'schema1' ? 'schema1' : image.manifest.digest}`
}

keepsTheLaws(resolve, {
  make: () => resolve({ retry }),
  input: (seed) => bench.request(seed, anyKind(seed)),
  slots: 2,
  order: 'source',
  shows: ({ request, document }) => `${request.name} ${document.kind}`,
  outputs: (requests) =>
    requests.map(({ name }) => {
      const { kind } = sampleOf(name)
      return `${name} ${kind === 'nested' || kind === 'nameless' ? 'index' : kind}`
    }),
  inProgress,
})

const entry = sampleImage(1).manifest

keepsTheLaws(resolveEntry, {
  make: () => resolveEntry({ descriptor: entry, parentIndexes: [] }, { retry }),
  input: async (seed) => ({ ...(await bench.request(1)), name: `memory.example/app:image-${seed}` }),
  slots: 1,
  order: 'source',
  shows: ({ request, document }) => `${request.name} ${document.descriptor.digest}`,
  outputs: (requests) => requests.map(({ name }) => `${name} ${entry.digest}`),
  inProgress,
})

keepsTheLaws(readMissingPlatforms, {
  when: 'of indexes that state their platforms',
  make: () => readMissingPlatforms({ retry }),
  input: (seed) => resolved(seed, 'index') as Promise<Resolved<IndexDocument>>,
  slots: 1,
  ...unchanged,
  inProgress,
})

keepsTheLaws(readMissingPlatforms, {
  when: 'of indexes that do not',
  make: () => readMissingPlatforms({ retry }),
  input: (seed) => resolved(seed, 'nameless') as Promise<Resolved<IndexDocument>>,
  slots: 1,
  order: 'source',
  shows: ({ request, document }) => [
    request.name,
    ...document.index.manifests.map(({ platform }) => platform?.architecture),
  ],
  outputs: (indexes) => indexes.map(({ request }) => [request.name, 's390x', 'amd64']),
  inProgress,
})

keepsTheLaws(choosePlatform, {
  make: () => choosePlatform({ retry }),
  input: (seed) => resolved(seed, seed % 2 ? 'index' : 'nested') as Promise<Resolved<IndexDocument>>,
  slots: 1,
  order: 'source',
  shows: ({ request, document, parentIndexes }) => `${request.name} ${document.kind} ${parentIndexes.length}`,
  outputs: (indexes) =>
    indexes.map(
      ({ request: { name } }) => `${name} ${sampleOf(name).kind === 'nested' ? 'index' : 'image'} 1`,
    ),
  inProgress,
})

keepsTheLaws(imagesOfIndex, {
  make: () => imagesOfIndex({ retry }),
  input: (seed) => resolved(seed, anyKind(seed)),
  slots: 1,
  shows: ({ request, images, indexes }) => `${request.name} ${images.length} ${indexes.length}`,
  outputs: (all) =>
    all.map(({ request: { name } }) => {
      const counts = { image: '1 0', index: '2 1', nested: '2 2', nameless: '2 1', schema1: '1 0' }
      return `${name} ${counts[sampleOf(name).kind]}`
    }),
  inProgress,
})

const schema1 = readSchema1()
/** Slots of `bySchema` up to the given depth: its branch holds one element, and one result of each case. */
const slotsBelow = (depth: number): number =>
  1 + 3 + 1 /* schema1 */ + (depth === 0 ? 1 : 2 /* index */ + slotsBelow(depth - 1))

keepsTheLaws(bySchema, {
  make: () =>
    bySchema(
      { index: compose(readMissingPlatforms({ retry }), choosePlatform({ retry })), schema1 },
      limits.indexDepth,
    ) as Stage<Resolved, Resolved>,
  input: (seed) => resolved(seed, anyKind(seed)),
  slots: slotsBelow(limits.indexDepth),
  fillsSlots: false,
  shows: manifestOf,
  outputs: (all) => all.map(expectedManifest),
  inProgress,
})
