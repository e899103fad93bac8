/** Tests which images of an index are found in the store, and in which order. */
import { describe, expect, it } from 'vitest'
import { type Descriptor, mediaTypes } from '../../lib/image/index.js'
import { maxIndexDepth } from '../../lib/stages/resolve/by-schema.js'
import type { Store } from '../../lib/store/index.js'
import { storedImages } from '../../pipelines/stored-images.js'
import { descriptorOf } from '../support/store/images-in-a-store.js'
import { TemporaryStores } from '../support/store/temporary-store.js'

const on = (architecture: string) => ({ platform: { os: 'linux', architecture } })

describe('the stored images of a name', () => {
  const stores = new TemporaryStores()

  async function put(store: Store, text: string, mediaType: string): Promise<Descriptor> {
    const descriptor = descriptorOf(text, mediaType)
    await store.blobs.put(descriptor.digest, Buffer.from(text))
    return descriptor
  }
  const putImage = (store: Store, text: string) => put(store, text, mediaTypes.ociManifest)
  const putIndex = (store: Store, ...manifests: Descriptor[]) =>
    put(store, JSON.stringify({ schemaVersion: 2, manifests }), mediaTypes.ociIndex)

  it('are the image that the name points at, which is not read', async () => {
    const image = descriptorOf('not in the store', mediaTypes.ociManifest)
    expect(await storedImages(image, await stores.open())).toEqual([image])
  })

  it('are the stored images of the index and its nested indexes, in order', async () => {
    const store = await stores.open()
    const [a, b, c] = [
      await putImage(store, 'a'),
      await putImage(store, 'b'),
      await putImage(store, 'c'),
    ] as const
    const absent = { ...descriptorOf('absent', mediaTypes.ociManifest), ...on('riscv64') }
    const attestation = { ...(await putImage(store, 'attestation')), ...on('unknown') }
    const [first, last] = [
      { ...a, ...on('amd64') },
      { ...c, ...on('arm64') },
    ]
    const inner = await putIndex(store, { ...b, ...on('s390x') }, absent)
    const missing = descriptorOf('{}', mediaTypes.ociIndex)
    const index = await putIndex(store, first, attestation, inner, missing, absent, last)
    expect(await storedImages(index, store)).toEqual([first, { ...b, ...on('s390x') }, last])
  })

  it('contain an image once for each platform that the index lists it for', async () => {
    const store = await stores.open()
    const image = await putImage(store, 'image')
    const entries = ['amd64', 'arm64'].map((architecture) => ({ ...image, ...on(architecture) }))
    const index = await putIndex(store, ...entries)
    expect(await storedImages(index, store)).toEqual(entries)
  })

  it('omit indexes that are nested too deeply, which are not read', async () => {
    const store = await stores.open()
    let nested = await putIndex(store, await putImage(store, 'image'))
    for (let depth = 1; depth < maxIndexDepth; depth++) nested = await putIndex(store, nested)
    expect(await storedImages(nested, store)).toHaveLength(1)
    expect(await storedImages(await putIndex(store, nested), store)).toEqual([])
    let broken = await put(store, 'no index', mediaTypes.ociIndex)
    await expect(storedImages(broken, store)).rejects.toMatchObject({ code: 'MANIFEST_INVALID' })
    for (let depth = 0; depth < maxIndexDepth; depth++) broken = await putIndex(store, broken)
    expect(await storedImages(broken, store)).toEqual([])
  })
})
