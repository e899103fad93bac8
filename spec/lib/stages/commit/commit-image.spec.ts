import { utimesSync } from 'node:fs'
import { lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Flow, Scope } from '../../../../lib/flow/index.js'
import { digestOf } from '../../../../lib/image/index.js'
import { commitImage } from '../../../../lib/stages/commit/commit-image.js'
import type { StoredLayer, WhiteoutForm } from '../../../../lib/store/index.js'
import { commitLayer, descriptorOf, layerBlob } from '../../../support/store/images-in-a-store.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

const stores = new TemporaryStores()
const platform = { os: 'linux', architecture: 'amd64' }

/** The layer, with the tree that it would have in `form`. */
const inForm = (layer: StoredLayer, form: WhiteoutForm): StoredLayer =>
  layer.form === form ? layer : { ...layer, form, rootfs: `${layer.rootfs}.${form}` }

describe('the commit of an image', () => {
  it.each(['overlay', 'aufs'] as const)(
    'needs the tree that the pull has ensured, not one of another form: %s',
    async (form) => {
      const store = await stores.open()
      const stored = await commitLayer(store, 'a', { form: 'overlay' })
      const layer = layerBlob('a')
      const [manifest, config] = [Buffer.from('{"manifest":1}'), Buffer.from('{"config":1}')]
      const image = {
        request: { name: 'example.com/app:1', typed: 'example.com/app:1' },
        document: {
          ...{ descriptor: descriptorOf(manifest), bytes: manifest },
          manifest: { config: { ...descriptorOf(config), digest: digestOf(config) }, layers: [layer] },
        },
        ...{ original: undefined, parentIndexes: [], upToDate: false },
        ensured: [{ task: { descriptor: layer, positions: [0] }, stored: inForm(stored, form) }],
        config: {
          value: Promise.resolve({ bytes: config, config: platform, diffIDs: [stored.diffID] }),
        },
      }
      const scope = new Scope()
      const committed = lastValueFrom(
        Flow.of(image as never)
          .pipe(commitImage(store))
          .toObservable(scope),
      )
      if (form === 'overlay') expect((await committed).layers[0]?.rootfs).toBe(stored.rootfs)
      else
        await expect(committed).rejects.toMatchObject({
          code: 'STORE_CORRUPT',
          message: `Failed to store example.com/app:1: its layer ${layer.digest} is no longer in the store`,
        })
      await scope.close()
      const isNamed = (await store.names.get('example.com/app:1')) !== undefined
      expect(isNamed).toBe(form === 'overlay')
    },
  )

  it('that is up to date counts as a use of the image', async () => {
    const store = await stores.open()
    const [manifest, config] = [Buffer.from('{"manifest":2}'), Buffer.from('{"config":2}')]
    const descriptor = descriptorOf(manifest)
    await store.blobs.put(descriptor.digest, manifest)
    const longAgo = new Date('2020-01-01')
    utimesSync(store.blobs.path(descriptor.digest), longAgo, longAgo)
    const begin = Date.now()
    const image = {
      request: { name: 'example.com/app:1', typed: 'example.com/app:1' },
      document: {
        ...{ descriptor, bytes: manifest },
        manifest: { config: descriptorOf(config), layers: [] },
      },
      ...{ original: undefined, parentIndexes: [], upToDate: true, ensured: [] },
      config: { value: Promise.resolve({ bytes: config, config: platform, diffIDs: [] }) },
    }
    const scope = new Scope()
    await lastValueFrom(
      Flow.of(image as never)
        .pipe(commitImage(store))
        .toObservable(scope),
    )
    await scope.close()
    expect(await store.blobs.lastUsedAt(descriptor.digest)).toBeGreaterThanOrEqual(begin - 1_000)
  })
})
