/** The laws, over the stages of a copy, and over the whole line. */
import { afterAll } from 'vitest'
import { Scope, compose } from '../../../lib/flow/index.js'
import type { ImageSink } from '../../../lib/image/index.js'
import {
  BlobCopies,
  type BlobTask,
  type CopiedBlobs,
  type CopyPlan,
  type CopyTarget,
  type Resolved,
  copyBlobs,
  eachBlob,
  putManifests,
  putReferrers,
  putRoot,
  readManifests,
} from '../../../lib/stages/index.js'
import { copy, copyStages } from '../../../pipelines/index.js'
import { keepsTheLaws, unchanged } from '../../support/laws/keeps-the-laws.js'
import { LawBench, retry } from '../../support/laws/law-bench.js'
import { MemorySink } from '../../support/laws/memory-sink.js'
import { Meter } from '../../support/laws/meter.js'
import type { SampleKind } from '../../support/laws/sample-images.js'

const bench = new LawBench()
const meter = new Meter()
const inProgress = (): number => bench.inProgress() + meter.inProgress
const scope = new Scope()
afterAll(() => scope.close())

const target = (): CopyTarget => ({
  name: 'target.example/app:1',
  sink: meter.watch<ImageSink>(new MemorySink()),
  tag: '1',
})
const copies = (): BlobCopies => new BlobCopies({ slots: 3, retry }, scope)

const kindOf = (seed: number): SampleKind => (['image', 'index', 'nested'] as const)[seed % 3]!
const resolved = async (seed: number): Promise<Resolved> =>
  bench.after(await bench.request(seed, kindOf(seed)), bench.stages.resolve)
const planned = async (seed: number): Promise<CopyPlan> =>
  bench.after(await resolved(seed), readManifests({ target: target(), retry }))
const copied = async (seed: number): Promise<CopiedBlobs> =>
  bench.after(await planned(seed), eachBlob(copyBlobs(copies())))

/** The number of manifests of each kind, with the root. */
const manifests = { image: 1, index: 3, nested: 4, nameless: 3, schema1: 1 } as const
const countOf = ({ from }: { readonly from: string }): number =>
  manifests[/:(\w+)-\d+$/.exec(from)![1] as SampleKind]

keepsTheLaws(readManifests, {
  make: () => readManifests({ target: target(), retry }),
  input: resolved,
  slots: 1,
  order: 'source',
  shows: (plan) => [plan.from, plan.manifests.length + 1],
  outputs: (all) => all.map(({ request: { name } }) => [name, countOf({ from: name })]),
  inProgress,
})

keepsTheLaws(copyBlobs, {
  make: () => copyBlobs(copies()),
  input: (seed): BlobTask => {
    const { descriptor, source } = bench.layerTask(seed)
    return { descriptor, source, sink: target().sink }
  },
  slots: 3,
  shows: ({ descriptor, outcome }) => `${descriptor.digest} ${outcome}`,
  outputs: (all) => all.map(({ descriptor }) => `${descriptor.digest} copied`),
  inProgress,
})

keepsTheLaws(eachBlob, {
  make: () => eachBlob(copyBlobs(copies())),
  input: planned,
  slots: 1,
  order: 'source',
  shows: ({ root, copied }) => [
    root.descriptor.digest,
    ...copied.map(({ descriptor }) => descriptor.digest).sort(),
  ],
  outputs: (all) =>
    all.map(({ root, blobs }) => [root.descriptor.digest, ...blobs.map(({ digest }) => digest).sort()]),
  inProgress,
})

keepsTheLaws(putManifests, {
  make: () => putManifests({ retry }),
  input: copied,
  slots: 1,
  ...unchanged,
  inProgress,
})

keepsTheLaws(putReferrers, {
  make: () => putReferrers({ retry }),
  input: copied,
  slots: 1,
  ...unchanged,
  inProgress,
})

keepsTheLaws(putRoot, {
  make: () => putRoot({ retry }),
  input: copied,
  slots: 1,
  order: 'source',
  shows: ({ from, digest, status }) => [from, digest, status],
  outputs: (all) => all.map(({ from, root }) => [from, root.descriptor.digest, 'newer']),
  inProgress,
})

keepsTheLaws(copy, {
  make: () => compose(copy(copyStages({ target: target(), allPlatforms: true, copies: copies(), retry }))),
  input: (seed) => bench.request(seed, kindOf(seed)),
  slots: 2 /* resolve */ + 4 /* manifests, blobs, manifests, root */,
  fillsSlots: false,
  order: 'source',
  shows: ({ from }) => from,
  outputs: (requests) => requests.map(({ name }) => name),
  inProgress,
})
