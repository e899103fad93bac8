/** Finds everything that the entries of an index lead to, for each kind of link. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Descriptor, digestOf, mediaTypes } from '../../../../lib/image/index.js'
import { readIndexEntries } from '../../../../lib/store/garbage/garbage-index.js'
import { RootDocuments } from '../../../../lib/store/garbage/root-documents.js'
import { reachableFrom } from '../../../../lib/store/garbage/roots.js'
import type { Store } from '../../../../lib/store/index.js'
import { descriptorOf, diffIDOf } from '../../../support/store/images-in-a-store.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

const ghost = (text: string): Descriptor => descriptorOf(text)

describe('what a name leads to', () => {
  const stores = new TemporaryStores()
  const indexOf = ({ directory }: Store): string => join(directory, 'index.json')
  const needed = async (store: Store): Promise<Set<string>> =>
    reachableFrom(await readIndexEntries(indexOf(store)), new RootDocuments(indexOf(store), store.blobs))

  async function put(store: Store, document: object, mediaType?: string): Promise<Descriptor> {
    const text = JSON.stringify({ schemaVersion: 2, ...document })
    const descriptor = descriptorOf(text, mediaType)
    await store.blobs.put(descriptor.digest, Buffer.from(text))
    return descriptor
  }
  /** Writes an index as another tool would write it. */
  function list(store: Store, ...manifests: object[]): void {
    writeFileSync(indexOf(store), JSON.stringify({ schemaVersion: 2, manifests }))
  }

  it('includes all indexes that lead to the selected image, but not the images that they only list', async () => {
    const store = await stores.open()
    const [image, other] = [await put(store, { title: 'image' }), await put(store, { title: 'other' })]
    const inner = await put(store, { manifests: [image] }, mediaTypes.ociIndex)
    const root = await put(store, { manifests: [inner, other] }, mediaTypes.ociIndex)
    await store.names.set({
      name: 'a',
      typed: 'a',
      descriptor: image,
      rootDigest: root.digest,
      rootMediaType: root.mediaType,
    })
    const all = await needed(store)
    expect([image, inner, root, other].map(({ digest }) => all.has(digest))).toEqual([
      true,
      true,
      true,
      false,
    ])
  })

  it('includes the document that an image was converted from, even if the index only lists it', async () => {
    const store = await stores.open()
    const [chosen, served] = [await put(store, { title: 'chosen' }), await put(store, { title: 'served' })]
    const root = await put(store, { manifests: [chosen, served] }, mediaTypes.ociIndex)
    await store.names.set({
      name: 'a',
      typed: 'a',
      descriptor: chosen,
      rootDigest: root.digest,
      rootMediaType: root.mediaType,
    })
    expect((await needed(store)).has(served.digest)).toBe(false)
    const converted = await put(store, { title: 'converted' })
    const annotations = { 'io.windlass.served.digest': served.digest }
    await store.names.set({ name: 'b', typed: 'b', descriptor: { ...converted, annotations } })
    expect((await needed(store)).has(served.digest)).toBe(true)
  })

  it('includes the references of a manifest, even if another manifest has it as a layer or config', async () => {
    const store = await stores.open()
    const image = await put(store, { layers: [ghost('layer')] })
    for (const other of [{ layers: [image] }, { config: image }]) {
      list(store, await put(store, other), image)
      expect((await needed(store)).has(ghost('layer').digest)).toBe(true)
    }
  })

  it('includes every layer that a config lists by diffID, whatever blob it was unpacked from', async () => {
    const store = await stores.open()
    const config = await put(store, { rootfs: { type: 'layers', diff_ids: [diffIDOf('a'), diffIDOf('b')] } })
    list(store, await put(store, { config, layers: [ghost('blob')] }))
    const all = await needed(store)
    expect([diffIDOf('a'), diffIDOf('b'), ghost('blob').digest].every((digest) => all.has(digest))).toBe(true)
  })

  it('includes the subject of a manifest and its references', async () => {
    const store = await stores.open()
    const subject = await put(store, { layers: [ghost('layer')] })
    list(store, await put(store, { subject }))
    const all = await needed(store)
    expect([subject.digest, ghost('layer').digest].map((digest) => all.has(digest))).toEqual([true, true])
  })

  it('includes the layers of a schema 1 manifest and the blobs of an artifact', async () => {
    const store = await stores.open()
    list(
      store,
      await put(store, { fsLayers: [{ blobSum: ghost('layer').digest }] }),
      await put(store, { blobs: [ghost('blob')] }),
    )
    const all = await needed(store)
    expect([ghost('layer'), ghost('blob')].map(({ digest }) => all.has(digest))).toEqual([true, true])
  })

  it('includes the references of a readable document with an unsupported digest algorithm', async () => {
    const store = await stores.open()
    const digest = `blake3:${'0'.repeat(64)}`
    list(store, { ...ghost('x'), digest })
    await expect(needed(store)).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining('Nothing was removed') as string,
    })
    const path = join(store.directory, 'blobs', ...digest.split(':'))
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, JSON.stringify({ schemaVersion: 2, layers: [ghost('layer')] }))
    expect((await needed(store)).has(ghost('layer').digest)).toBe(true)
  })

  it('is unknown if the manifest of an entry is missing', async () => {
    const store = await stores.open()
    list(store, ghost('a manifest'))
    await expect(needed(store)).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining('Nothing was removed, because the content of') as string,
    })
  })

  it('is unknown if an index that Windlass has named lacks an image, not if it is of another tool', async () => {
    const store = await stores.open()
    const index = await put(store, { manifests: [ghost('an image')] }, mediaTypes.ociIndex)
    list(store, index)
    expect((await needed(store)).has(ghost('an image').digest)).toBe(true)
    list(store)
    await store.names.set({ name: 'a', typed: 'a', descriptor: index })
    await expect(needed(store)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
  })

  it('is unknown if such an index lacks an image, also if another tool has listed the index before', async () => {
    const store = await stores.open()
    const index = await put(store, { manifests: [ghost('an image')] }, mediaTypes.ociIndex)
    const outer = await put(store, { manifests: [index] }, mediaTypes.ociIndex)
    await store.names.set({ name: 'a', typed: 'a', descriptor: index })
    const { manifests } = JSON.parse(readFileSync(indexOf(store), 'utf8')) as { manifests: [object] }
    for (const other of [index, outer]) {
      list(store, other, ...manifests)
      await expect(needed(store), other.digest).rejects.toMatchObject({
        code: 'STORE_CORRUPT',
        message: expect.stringContaining('the content of a is unknown') as string,
      })
      list(store, other)
      expect((await needed(store)).has(ghost('an image').digest)).toBe(true)
    }
  })

  it('is unknown if the manifest of an entry is missing, also if an index that is listed before names it', async () => {
    const store = await stores.open()
    const index = await put(store, { manifests: [ghost('a manifest')] }, mediaTypes.ociIndex)
    list(store, index, ghost('a manifest'))
    await expect(needed(store)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
  })

  it('is unknown if an entry of Windlass was changed', async () => {
    const store = await stores.open()
    const descriptor = await put(store, { title: 'image' })
    await store.names.set({ name: 'a', typed: 'a', descriptor })
    const text = readFileSync(indexOf(store), 'utf8')
    const wrong = digestOf(Buffer.from('another'))
    writeFileSync(indexOf(store), text.replace(descriptor.digest, wrong))
    await expect(needed(store)).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining('was damaged or changed') as string,
    })
  })
})
