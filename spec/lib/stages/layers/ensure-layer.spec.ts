import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Flow, Scope, stage } from '../../../../lib/flow/index.js'
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
import { commitLayer, diffIDOf, layerBlob } from '../../../support/store/images-in-a-store.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

const stores = new TemporaryStores()

/** Ensures the layer `a`, which the store has, for a config with `diffID`. Also returns how often it was fetched. */
async function ensured(
  diffID: Digest,
  prepare: (store: Store) => Promise<unknown> = () => Promise.resolve(),
  planned: (store: Store) => Promise<Partial<LayerTask>> = () => Promise.resolve({}),
): Promise<{ layer: EnsuredLayer; fetched: number; events: unknown[] }> {
  const store = await stores.open()
  await commitLayer(store, 'a')
  await prepare(store)
  let fetched = 0
  const line = stage<SharedLayerTask, FetchedLayer>(() => {
    fetched++
    return undefined
  })
  const goal = { unpack: true, form: 'overlay', keepBlobs: true } as const
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
