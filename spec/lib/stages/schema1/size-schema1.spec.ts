import { firstValueFrom, lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import { Flow, Scope, WorkControl } from '../../../../lib/flow/index.js'
import { type Digest, type ImageSource, digestOf } from '../../../../lib/image/index.js'
import { type ReadSchema1Document, type Resolved, sizeSchema1 } from '../../../../lib/stages/index.js'
import { schema1Annotation } from '../../../../lib/transfer/stored/stored-conversion.js'
import type { Store } from '../../../../lib/store/index.js'
import { tinyImage } from '../../../../lib/testing/images/index.js'
import { tick, ticks } from '../../../support/flow-lines.js'
import { leftEarly, slowToEnd } from '../../../support/left-early.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

const stores = new TemporaryStores()
const retry = { attempts: 3, delay: 0, longestRetryAfter: 0 }
const names = ['a', 'b', 'c', 'd', 'e', 'f'] as const
type Name = (typeof names)[number]
const blobOf = (name: Name): Buffer => Buffer.from(`layer ${name}`)
const digestFor = (name: Name): Digest => digestOf(blobOf(name))
const nameOf = (digest: Digest): Name => names.find((name) => digestFor(name) === digest)!
const schema1 = digestOf(Buffer.from('the manifest'))

/** Runs `sizeSchema1` with a source that has the given `blobSize`. */
async function sizes(
  layers: readonly Digest[],
  blobSize: ImageSource['blobSize'],
  { store, slots }: { readonly store?: Store; readonly slots?: number } = {},
): Promise<number[]> {
  const image = {
    request: { name: 'app', source: { blobSize } },
    document: {
      kind: 'schema1',
      descriptor: { digest: schema1 },
      image: { layers: layers.map((digest) => ({ digest })) },
    },
    parentIndexes: [],
  } as unknown as Resolved<ReadSchema1Document>
  const stage = sizeSchema1({ store: store ?? (await stores.open()), retry, ...(slots && { slots }) })
  const { document } = await firstValueFrom(Flow.of(image).pipe(stage).toObservable())
  return document.layers.map(({ size }) => size)
}

describe('the sizes of the layers of a schema 1 image', () => {
  it.each([
    { options: {}, most: 4 },
    { options: { slots: 2 }, most: 2 },
  ])('are requested at most $most at a time with $options, once for each blob', async ({ options, most }) => {
    const asked: Name[] = []
    let now = 0
    let seen = 0
    const layers = [...names, 'a' as const].map(digestFor)
    const found = await sizes(
      layers,
      async (digest) => {
        asked.push(nameOf(digest))
        seen = Math.max(seen, ++now)
        await ticks(2)
        now--
        return names.indexOf(nameOf(digest))
      },
      options,
    )
    expect(found).toEqual([0, 1, 2, 3, 4, 5, 0])
    expect([asked, seen]).toEqual([names, most])
  })

  it('are taken from the blobs in the store, and from an earlier conversion of the image', async () => {
    const store = await stores.open()
    await store.blobs.put(digestFor('a'), blobOf('a'))
    const { config, manifest, layers } = tinyImage()
    for (const { digest, bytes } of [config, manifest]) await store.blobs.put(digest, bytes)
    const [converted] = layers
    const { mediaType, digest, bytes } = manifest
    const annotations = { [schema1Annotation]: schema1 }
    const descriptor = { mediaType, digest, size: bytes.length, annotations }
    await store.names.set({ name: 'app', typed: 'app', descriptor })
    const asked: Digest[] = []
    const found = await sizes(
      [digestFor('a'), digestFor('b'), converted!.digest],
      async (each) => asked.push(each),
      { store },
    )
    expect(found).toEqual([blobOf('a').length, 1, converted!.size])
    expect(asked).toEqual([digestFor('b')])
  })

  it('are requested again only where the source failed', async () => {
    const asked: Name[] = []
    const found = await sizes(names.slice(0, 3).map(digestFor), async (digest) => {
      asked.push(nameOf(digest))
      if (nameOf(digest) === 'b' && asked.length < 4)
        throw new WindlassError('NETWORK', 'The connection broke', { retryable: true })
      return 7
    })
    expect(found).toEqual([7, 7, 7])
    expect(asked).toEqual(['a', 'b', 'c', 'b'])
  })

  it('are no longer requested after one request has finally failed', async () => {
    const aborted: Name[] = []
    const found = sizes(names.map(digestFor), async (digest, { signal } = {}) => {
      const name = nameOf(digest)
      if (name === 'a') {
        await tick()
        throw new WindlassError('BLOB_UNKNOWN', 'There is no such blob')
      }
      await new Promise<void>((resolve) => signal!.addEventListener('abort', () => resolve()))
      aborted.push(name)
      return 0
    })
    await expect(found).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' })
    await tick()
    expect(aborted).toEqual(['b', 'c', 'd'])
  })
})

describe('the requests for the sizes of layers', () => {
  const both = (['a', 'b'] as const).map(digestFor)
  const store = {
    names: { get: async () => undefined },
    blobs: { has: async () => false },
  } as unknown as Store
  const stage = sizeSchema1({ store, retry: { ...retry, attempts: 1 } })

  function scene(sizeOf: (digest: Digest, signal: AbortSignal) => Promise<number>) {
    const ended: Digest[] = []
    const blobSize = (digest: Digest, { signal }: { readonly signal: AbortSignal }) =>
      sizeOf(digest, signal).finally(() => ended.push(digest))
    const resolved = {
      request: { name: 'app', source: { blobSize } },
      document: { kind: 'schema1', descriptor: {}, image: { layers: both.map((digest) => ({ digest })) } },
      parentIndexes: [],
    }
    return { resolved: resolved as never, ended }
  }

  it('have all ended when a cancelled pull has', async () => {
    const { resolved, ended } = scene((digest, signal) =>
      slowToEnd(signal, digest === digestFor('a') ? 5 : 25),
    )
    await leftEarly(resolved, stage)
    expect(ended).toEqual(both)
  })

  it('have all ended when a pull has failed because of one of them', async () => {
    const { resolved, ended } = scene((digest, signal) =>
      digest === digestFor('a') ? Promise.reject(new Error('no size')) : slowToEnd(signal, 20),
    )
    const scope = new Scope()
    await expect(lastValueFrom(Flow.of(resolved).pipe(stage).toObservable(scope))).rejects.toThrow('no size')
    await scope.close()
    expect(ended).toEqual(both)
  })

  it('are not sent during a pause, and again after one', async () => {
    const control = new WorkControl()
    let pauses = 0
    const { resolved } = scene(async (_, signal) => {
      if (pauses++ === 0) {
        control.setPaused(true)
        queueMicrotask(() => control.setPaused(false))
      }
      signal.throwIfAborted()
      return 7
    })
    const { request, ...rest } = resolved as { readonly request: object }
    const paused = { ...rest, request: { ...request, control } } as never
    const sized = await lastValueFrom(Flow.of(paused).pipe(stage).toObservable())
    expect(sized.document.layers.map(({ size }) => size)).toEqual([7, 7])
    expect(pauses).toBe(3)
  })
})
