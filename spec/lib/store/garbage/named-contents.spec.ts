import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { mediaTypes } from '../../../../lib/image/index.js'
import type { JsonObject } from '../../../../lib/store/files/json-object.js'
import { namedContents } from '../../../../lib/store/garbage/named-contents.js'
import type { Store } from '../../../../lib/store/index.js'
import { descriptorOf, layerBlob } from '../../../support/store/images-in-a-store.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

describe('the images that an index names', () => {
  const stores = new TemporaryStores()

  async function put(store: Store, document: object, mediaType?: string) {
    const text = JSON.stringify({ schemaVersion: 2, ...document })
    const descriptor = descriptorOf(text, mediaType)
    await store.blobs.put(descriptor.digest, Buffer.from(text))
    return descriptor
  }
  const contentsOf = async (store: Store, ...more: JsonObject[]) => {
    const text = await readFile(join(store.directory, 'index.json'), 'utf8')
    const { manifests } = JSON.parse(text) as { manifests: JsonObject[] }
    return namedContents([...manifests, ...more], store.directory, store.blobs)
  }

  it('are one for each digest, with all names, the documents that led to it and what it needs', async () => {
    const store = await stores.open()
    const image = await put(store, { layers: [layerBlob('a')] })
    const index = await put(store, { manifests: [image] }, mediaTypes.ociIndex)
    const other = await put(store, { layers: [] })
    const root = { rootDigest: index.digest, rootMediaType: index.mediaType }
    await store.names.set({ name: 'a', typed: 'a', descriptor: image, ...root })
    await store.names.set({ name: 'b', typed: 'b', descriptor: image })
    await store.names.set({ name: 'c', typed: 'c', descriptor: other })
    const found = await contentsOf(store)
    expect(found.map(({ names, isForeign }) => [names, isForeign])).toEqual([
      [['a', 'b'], false],
      [['c'], false],
    ])
    expect(new Set(found[0]!.documents)).toEqual(new Set([image.digest, index.digest]))
    expect(found[0]!.needs).toEqual(new Set([image.digest, index.digest, layerBlob('a').digest]))
    expect(new Set(found.flatMap(({ keys }) => keys)).size).toBe(3)
    expect(found[0]!.lastUsedAt).toBe(await store.blobs.lastUsedAt(image.digest))
  })

  it('are of another tool if any of their entries is, and have their digest as name without one', async () => {
    const store = await stores.open()
    const image = await put(store, { layers: [] })
    await store.names.set({ name: 'a', typed: 'a', descriptor: image })
    const [content] = await contentsOf(store, { ...image })
    expect(content).toMatchObject({ names: ['a', image.digest], isForeign: true })
  })
})
