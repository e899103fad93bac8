import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Descriptor, mediaTypes } from '../../../../lib/image/index.js'
import { measureImages, measureStore, type Store } from '../../../../lib/store/index.js'
import { commitLayer, descriptorOf, diffIDOf, layerBlob } from '../../../support/store/images-in-a-store.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

/** Puts an image of unpacked layers into the store. Returns the descriptor of its manifest and the size of its documents. */
async function put(store: Store, title: string, layers: readonly string[]) {
  const config = JSON.stringify({ title, rootfs: { type: 'layers', diff_ids: layers.map(diffIDOf) } })
  const manifest = JSON.stringify({
    schemaVersion: 2,
    config: descriptorOf(config, mediaTypes.ociConfig),
    layers: layers.map(layerBlob),
  })
  for (const text of [config, manifest]) await store.blobs.put(descriptorOf(text).digest, Buffer.from(text))
  for (const name of layers) {
    await store.blobs.put(layerBlob(name).digest, Buffer.from(`the blob of ${name}`))
    await commitLayer(store, name)
  }
  return { descriptor: descriptorOf(manifest), documents: config.length + manifest.length }
}

const layerSize = (name: string): number => `the blob of ${name}`.length + 1024

async function nameIt(store: Store, name: string, descriptor: Descriptor): Promise<string> {
  await store.names.set({ name, typed: name, descriptor })
  const entry = (await store.names.entries()).find((each) => each.name === name)
  return entry!.key
}

describe('what the images of a store take', () => {
  const stores = new TemporaryStores()

  it('is their blobs and trees, of which layers that another image needs are shared', async () => {
    const store = await stores.open()
    const [app, tool] = [await put(store, 'app', ['base', 'app']), await put(store, 'tool', ['base'])]
    const keys = [
      await nameIt(store, 'app:1', app.descriptor),
      // A second name of the same image shares nothing with it.
      await nameIt(store, 'app:2', app.descriptor),
      await nameIt(store, 'tool:1', tool.descriptor),
    ]
    const { byEntry } = await measureImages(store)
    const [one, two, other] = keys.map((key) => byEntry.get(key)!)
    expect(one).toMatchObject({
      bytes: app.documents + layerSize('base') + layerSize('app'),
      sharedBytes: layerSize('base'),
    })
    expect(two).toEqual(one)
    expect(other).toMatchObject({
      bytes: tool.documents + layerSize('base'),
      sharedBytes: layerSize('base'),
    })
    await store.names.remove('tool:1')
    expect((await measureImages(store)).byEntry.get(keys[0]!)!.sharedBytes).toBe(0)
  })

  it('is unknown of an image whose manifest is damaged, and known of the others', async () => {
    const store = await stores.open()
    const [app, tool] = [await put(store, 'app', ['base']), await put(store, 'tool', ['base'])]
    const damaged = await nameIt(store, 'app:1', app.descriptor)
    const whole = await nameIt(store, 'tool:1', tool.descriptor)
    writeFileSync(store.blobs.path(app.descriptor.digest), 'damaged')
    const { byEntry } = await measureImages(store)
    expect([byEntry.has(damaged), byEntry.has(whole)]).toEqual([false, true])
    expect((await measureStore(store)).reclaimable).toBeUndefined()
  })

  it('includes when each was used last', async () => {
    const store = await stores.open()
    const { descriptor } = await put(store, 'app', ['base'])
    const before = Date.now()
    const key = await nameIt(store, 'app:1', descriptor)
    const { lastUsedAt } = (await measureImages(store)).byEntry.get(key)!
    expect(lastUsedAt).toBeGreaterThanOrEqual(before - 1)
    await new Promise((resolve) => setTimeout(resolve, 20))
    await store.blobs.markUsed(descriptor.digest)
    expect((await measureImages(store)).byEntry.get(key)!.lastUsedAt).toBeGreaterThan(lastUsedAt)
  })
})
