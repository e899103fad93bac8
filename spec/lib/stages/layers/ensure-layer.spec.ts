import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Flow, Scope, WorkControl, stage } from '../../../../lib/flow/index.js'
import { type Digest, digestOf } from '../../../../lib/image/index.js'
import { ensureLayer } from '../../../../lib/stages/layers/ensure-layer.js'
import {
  type EnsuredLayer,
  type FetchedLayer,
  LayerFlights,
  type LayerTask,
  type SharedLayerTask,
} from '../../../../lib/transfer/index.js'
import type { Store } from '../../../../lib/store/index.js'
import type { FetchLayer } from '../../../../lib/transfer/sharing/layer-flights.js'
import type { LayerGoal } from '../../../../lib/transfer/sharing/layer-goal.js'
import { runStage } from '../../../support/run-stage.js'
import { commitLayer, diffIDOf, layerBlob } from '../../../support/store/images-in-a-store.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

const stores = new TemporaryStores()

/** Ensures the layer `a`, which the store has, for a config with `diffID`. Also returns how often it was fetched. */
async function ensured(
  diffID: Digest,
  prepare: (store: Store) => Promise<unknown> = () => Promise.resolve(),
  planned: (store: Store) => Promise<Partial<LayerTask>> = () => Promise.resolve({}),
  unpack = true,
): Promise<{ layer: EnsuredLayer; fetched: number; events: unknown[] }> {
  const store = await stores.open()
  await commitLayer(store, 'a')
  await prepare(store)
  let fetched = 0
  const line = stage<SharedLayerTask, FetchedLayer>(() => {
    fetched++
    return undefined
  })
  const goal = { unpack, form: 'overlay', keepBlobs: true } as const
  const find = ensureLayer({ store, goal, flights: new LayerFlights(), slots: 1 }, line)
  const task = {
    descriptor: layerBlob('a'),
    source: { host: 'x', identity: () => Promise.resolve('x') },
    diffID: Promise.resolve(diffID),
    ...(await planned(store)),
  } as unknown as LayerTask
  const scope = new Scope()
  const events: unknown[] = []
  scope.events.subscribe((event) => events.push(event))
  try {
    return { events, layer: await lastValueFrom(Flow.of(task).pipe(find).toObservable(scope)), fetched }
  } finally {
    await scope.close()
  }
}

describe('a layer whose blob is unpacked in the store', () => {
  it('is used without a download if the config states its diffID', async () => {
    const { layer, fetched, events } = await ensured(diffIDOf('a'))
    const { digest, size } = layerBlob('a')
    expect(events).toEqual([{ type: 'layer', digest, status: 'exists', current: size, total: size }])
    expect([layer.stored?.diffID, fetched]).toEqual([diffIDOf('a'), 0])
  })

  it('is rejected if the config states another diffID', async () => {
    await expect(ensured(diffIDOf('b'))).rejects.toMatchObject({ code: 'DIFF_ID_MISMATCH' })
  })

  describe('and that the plan found', () => {
    /** The layer as the plan found it. Its files are removed then, so that a look into the store does not find it. */
    const found = (hasBlob: boolean) => async (store: Store) => {
      const stored = await store.layers.find(diffIDOf('a'))
      rmSync(join(store.directory, 'layers', ...diffIDOf('a').split(':')), { recursive: true })
      return { found: { stored, hasBlob } }
    }

    it.each([true, false])(
      'is used without another look into the store (with its blob: %s)',
      async (hasBlob) => {
        const { layer, fetched, events } = await ensured(diffIDOf('a'), undefined, found(hasBlob))
        const { digest, size } = layerBlob('a')
        expect(events).toEqual([{ type: 'layer', digest, status: 'exists', current: size, total: size }])
        expect([layer.stored?.diffID, fetched]).toEqual([diffIDOf('a'), 0])
        const hex = digest.split(':')[1]!
        expect(layer.blobPath).toEqual(hasBlob ? expect.stringContaining(hex) : undefined)
      },
    )

    it('is rejected if the config states another diffID', async () => {
      const attempt = ensured(diffIDOf('b'), undefined, found(true))
      await expect(attempt).rejects.toMatchObject({ code: 'DIFF_ID_MISMATCH' })
    })

    it('is fetched if the config states its diffID in another algorithm', async () => {
      const { fetched } = await ensured(digestOf(Buffer.from('the layer'), 'sha512'), undefined, found(true))
      expect(fetched).toBe(1)
    })
  })

  it.each([
    ['used if it was unpacked from this blob', 'a', 0],
    ['not used if it was unpacked from another blob', 'b', 1],
  ])('with the diffID in another algorithm is %s', async (_, blob, times) => {
    const diffID = digestOf(Buffer.from('the layer'), 'sha512')
    const commitOther = async (store: Store): Promise<void> => {
      const staged = await store.layers.stage()
      await staged.commit({ diffID, blob: layerBlob(blob), size: 1024, form: 'overlay' })
      // The pointer of the blob leads to the layer of the first algorithm again.
      if (blob === 'a') await commitLayer(store, 'a')
    }
    const { layer, fetched } = await ensured(diffID, commitOther)
    expect([layer.stored?.diffID, fetched]).toEqual([times === 0 ? diffID : undefined, times])
  })
})

describe('the download of a layer', () => {
  interface Options {
    readonly prepare?: (store: Store) => Promise<unknown>
    readonly goal?: Partial<LayerGoal>
    readonly task?: Partial<LayerTask>
    /** The diffIDs of the layers that the downloads result in, one after the other. */
    readonly results?: readonly Digest[]
  }

  /** Ensures the layer `a`, and returns the keys of its shared downloads and whether it was fetched. */
  async function ensuredBy({ prepare, goal, task, results = [] }: Options) {
    const store = await stores.open()
    await prepare?.(store)
    const left = [...results]
    const keys: string[] = []
    let fetched = 0
    const line = stage<SharedLayerTask, FetchedLayer>(() => {
      fetched++
      const diffID = left.shift()
      return (diffID && { diffID }) as FetchedLayer
    })
    const flights = {
      join: (key: string, shared: SharedLayerTask, fetch: FetchLayer, scope: Scope) => {
        keys.push(key)
        return fetch(shared, scope)
      },
    } as unknown as LayerFlights
    const whole: LayerGoal = { unpack: true, form: 'overlay', keepBlobs: true, ...goal }
    const { outputs } = await runStage(ensureLayer({ store, goal: whole, flights, slots: 1 }, line), {
      descriptor: layerBlob('a'),
      source: { host: 'x', identity: async () => 'x' },
      ...task,
    } as unknown as LayerTask)
    return { keys, fetched, layer: outputs[0]!, store }
  }
  const putBlob = (store: Store) => store.blobs.put(layerBlob('a').digest, Buffer.from('the blob of a'))

  it('is shared by pulls from the same source, as the same user, of the same digest, that store the same', async () => {
    const identity = async () => 'other user'
    const all = [
      {},
      { task: { source: { host: 'x', identity } as never } },
      { task: { descriptor: layerBlob('b') } },
      { goal: { form: 'aufs' } },
      { goal: { keepBlobs: false } },
      { goal: { unpack: false } },
      { goal: { refresh: true } },
    ] as const
    const keys = (await Promise.all(all.map(ensuredBy))).map(({ keys }) => keys[0])
    expect(new Set(keys).size).toBe(all.length)
    expect((await ensuredBy({})).keys).toEqual([keys[0]])
  })

  it('is another one if the config states a diffID of another algorithm, whose layer is checked again', async () => {
    const diffID = digestOf(Buffer.from('the layer'), 'sha512')
    const task = { diffID: Promise.resolve(diffID) }
    const { keys, layer } = await ensuredBy({ task, results: [diffIDOf('a'), diffID] })
    expect(keys).toEqual([keys[0], `${keys[0]} sha512`])
    expect(layer.stored?.diffID).toBe(diffID)
    const other = digestOf(Buffer.from('another layer'), 'sha512')
    await expect(ensuredBy({ task, results: [diffIDOf('a'), other] })).rejects.toMatchObject({
      code: 'DIFF_ID_MISMATCH',
    })
  })

  it.each<[string, number, Options]>([
    ['the tree is in the store', 0, { prepare: (store) => commitLayer(store, 'a') }],
    ['it is fetched again', 1, { prepare: (store) => commitLayer(store, 'a'), goal: { refresh: true } }],
    [
      'the tree is there in the other form',
      1,
      { prepare: (store) => commitLayer(store, 'a'), goal: { form: 'aufs' } },
    ],
    ['its blob was kept and is gone', 1, { prepare: (store) => commitLayer(store, 'a', { blobKept: true }) }],
    [
      'its blob was kept and is gone, and blobs are not kept',
      0,
      { prepare: (store) => commitLayer(store, 'a', { blobKept: true }), goal: { keepBlobs: false } },
    ],
    ['only the blob is there', 1, { prepare: putBlob }],
    ['only the blob is there, and layers are not unpacked', 0, { prepare: putBlob, goal: { unpack: false } }],
    [
      'only the tree is there, and blobs are wanted',
      1,
      { prepare: (store) => commitLayer(store, 'a'), goal: { unpack: false } },
    ],
  ])('happens only if it must: %s', async (_, times, options) => {
    expect((await ensuredBy(options)).fetched).toBe(times)
  })

  it('of a diffID in another algorithm does not use a tree of the other form', async () => {
    const diffID = digestOf(Buffer.from('the layer'), 'sha512')
    const prepare = async (store: Store): Promise<void> => {
      const staged = await store.layers.stage()
      await staged.commit({ diffID, blob: layerBlob('a'), size: 1024, form: 'overlay' })
      await commitLayer(store, 'a', { form: 'aufs' })
    }
    const task = { diffID: Promise.resolve(diffID) }
    const { fetched } = await ensuredBy({ prepare, task, goal: { form: 'aufs' }, results: [diffID] })
    expect(fetched).toBe(1)
  })

  it('states the path of the blob only if the store has it', async () => {
    const without = await ensuredBy({ prepare: (store) => commitLayer(store, 'a') })
    expect(without.layer.blobPath).toBeUndefined()
    const { layer, store } = await ensuredBy({
      prepare: (each) => Promise.all([commitLayer(each, 'a'), putBlob(each)]),
    })
    expect(layer.blobPath).toBe(store.blobs.path(layerBlob('a').digest))
  })

  it('asks again who the user is after a pause', async () => {
    const control = new WorkControl()
    let asked = 0
    const identity = async ({ signal }: { readonly signal?: AbortSignal } = {}) => {
      if (asked++ === 0) {
        control.setPaused(true)
        queueMicrotask(() => control.setPaused(false))
        await Promise.resolve()
      }
      signal?.throwIfAborted()
      return 'x'
    }
    await ensuredBy({ task: { control, source: { host: 'x', identity } as never } })
    expect(asked).toBe(2)
  })
})

describe('a layer that a pull stores without unpacking it', () => {
  it.each([
    ['used', 0, 0],
    ['fetched if the size of its blob is not that in the manifest', 1, 1],
  ])('is %s', async (_, difference, times) => {
    const bytes = Buffer.from('a blob')
    const { mediaType } = layerBlob('a')
    const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length + difference }
    const put = (store: Store) => store.blobs.put(descriptor.digest, bytes)
    const planned = async () => ({ descriptor })
    const { layer, fetched } = await ensured(diffIDOf('a'), put, planned, false)
    expect([layer.stored, fetched]).toEqual([undefined, times])
  })
})
