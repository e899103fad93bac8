/** The laws of lib/flow, over the stages of a pull that inputs can be made for. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { Scope, type Stage, identity } from '../../lib/flow/index.js'
import {
  type Digest,
  type ImageSource,
  digestOf,
  parseDigest,
  parseImageIndex,
  parsePlatform,
} from '../../lib/image/index.js'
import {
  type ArrivingLayer,
  LayerFlights,
  type LayerTask,
  type SharedLayerTask,
} from '../../lib/transfer/index.js'
import {
  Downloads,
  type ImageRequest,
  choosePlatform,
  commitBlob,
  download,
  ensureLayer,
  reserve,
  resolve,
  verify,
} from '../../lib/stages/index.js'
import { Store } from '../../lib/store/index.js'
import { type LawOptions, buildIndex, stageLaws, tinyImage } from '../../lib/testing/index.js'

const place = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'windlass-laws-'))
const scope = new Scope()
const retry = { attempts: 2, delay: 0, longestRetryAfter: 0 }
const image = tinyImage()
const index = buildIndex([image])
let store: Store

beforeAll(async () => {
  store = await Store.open(join(place, 'store'))
})
afterAll(async () => {
  await scope.close()
  await store.close()
  rmSync(place, { recursive: true, force: true })
})

/** Bytes that are another blob for every seed. */
const bytesOf = (seed: number): Buffer => Buffer.from(`layer ${seed} `.repeat(1 + (seed % 50)))
const blobs = new Map<string, Buffer>()

const source: ImageSource = {
  identity: () => Promise.resolve('here'),
  host: 'here',
  manifest: (target) =>
    Promise.resolve({
      bytes: target === image.manifest.digest ? image.manifest.bytes : index.manifest.bytes,
      contentType: target === image.manifest.digest ? image.manifest.mediaType : index.manifest.mediaType,
      host: 'here',
    }),
  blob: ({ digest }, { offset = 0 } = {}) =>
    Promise.resolve({
      stream: Readable.from([blobs.get(digest)!.subarray(offset)]),
      ...{ offset, size: blobs.get(digest)!.length, validator: undefined, host: 'here' },
    }),
  blobSize: (digest) => Promise.resolve(blobs.get(digest)!.length),
  async *tags() {
    yield []
  },
}

const request: ImageRequest = {
  ...{ name: 'here/app:1', typed: 'app', target: '1', digest: undefined, source },
  platform: parsePlatform('linux/amd64'),
}

function layerTask(seed: number): LayerTask {
  const bytes = bytesOf(seed)
  const digest = digestOf(bytes)
  blobs.set(digest, bytes)
  const descriptor = { mediaType: 'application/octet-stream', digest, size: bytes.length }
  return { descriptor, positions: [0], action: 'download', offset: 0, source, diffID: undefined }
}

const shared = (seed: number): SharedLayerTask => ({ ...layerTask(seed), confirm: () => Promise.resolve() })

const stored = (seed: number): ArrivingLayer => {
  const task = shared(seed)
  return { ...task, path: store.blobs.path(task.descriptor.digest), arriving: undefined }
}

interface Subject<In, Out> extends LawOptions<In, Out> {
  readonly name: string
  readonly make: () => Stage<In, Out>
}

function keepsTheLaws<In, Out>({ name, make, ...options }: Subject<In, Out>): void {
  describe(name, () => {
    for (const law of stageLaws(make, { runs: 8, longest: 6, ...options })) it(law.name, () => law.check())
  })
}

const digestsOf = (tasks: readonly { readonly descriptor: { readonly digest: Digest } }[]): Digest[] =>
  tasks.map(({ descriptor }) => descriptor.digest)

keepsTheLaws({ name: 'resolve', make: () => resolve({ retry }), input: () => request, slots: 2 })

keepsTheLaws({
  name: 'choosePlatform',
  make: () => choosePlatform({ retry }),
  input: () => ({
    request,
    document: {
      kind: 'index' as const,
      descriptor: { ...index.manifest, digest: parseDigest(index.manifest.digest) },
      ...{ bytes: index.manifest.bytes, decidedBy: 'content-type' as const, notices: [] },
      index: parseImageIndex(index.manifest.bytes),
    },
    trail: [],
  }),
  slots: 1,
})

keepsTheLaws({
  name: 'reserve',
  make: () => reserve({ store }),
  input: (seed) => shared(seed),
  slots: 1,
})

keepsTheLaws({
  name: 'download',
  make: () => download({ store, downloads: new Downloads({ slots: 3, retry }, scope) }),
  input: (seed) => shared(seed),
  slots: 2,
  equal: (one, other) => one.descriptor.digest === other.descriptor.digest,
})

keepsTheLaws({ name: 'verify', make: () => verify(), input: stored, slots: 1, outputs: (all) => all })

keepsTheLaws({
  name: 'commitBlob',
  make: () => commitBlob(store),
  input: stored,
  slots: 1,
  outputs: (all) => all.map(() => undefined),
})

keepsTheLaws({
  name: 'ensureLayer over download, verify and commitBlob',
  make: () => {
    const goal = { unpack: false, form: 'overlay', keepBlobs: true } as const
    const downloads = new Downloads({ slots: 3, retry }, scope)
    return ensureLayer({ store, goal, flights: new LayerFlights(), slots: 4 }, (input) =>
      input.pipe(download({ store, downloads }), verify(), commitBlob(store)),
    )
  },
  input: (seed) => layerTask(seed),
  slots: 4,
  outputs: (all) => all.map((task) => ({ task, stored: undefined })),
  equal: (one, other) => digestsOf([one.task])[0] === digestsOf([other.task])[0],
})

keepsTheLaws({
  name: 'passOn',
  make: () => identity<number>(),
  input: (seed) => seed,
  slots: 0,
  outputs: (all) => all,
})
