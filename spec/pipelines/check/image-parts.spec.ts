import { describe, expect, it, vi } from 'vitest'
import type { Store } from '../../../lib/store/index.js'
import { buildIndex } from '../../../lib/testing/images/index.js'
import { PartsReader } from '../../../pipelines/check/image-parts.js'
import { TemporaryStores } from '../../support/store/temporary-store.js'
import { imageOf } from '../../support/workbench.js'

describe('what a name of the store needs', () => {
  const stores = new TemporaryStores()
  const [image, other] = [imageOf(['base', 'app']), imageOf(['other'])]
  const index = buildIndex([image, other])
  const descriptorOf = ({ manifest }: { manifest: { digest: never; mediaType: string; bytes: Buffer } }) => ({
    ...{ digest: manifest.digest, mediaType: manifest.mediaType, size: manifest.bytes.length },
  })

  /** A store with the documents, and a name for each of `names` that points at the index or the image. */
  async function filled(
    what: typeof image | typeof index,
    documents: readonly { digest: string; bytes: Buffer }[],
  ) {
    const store = await stores.open()
    for (const { digest, bytes } of documents) await store.blobs.put(digest as never, bytes)
    const descriptor = descriptorOf(what as never)
    for (const name of ['a', 'b']) await store.names.set({ name, typed: name, descriptor })
    return { store, named: await store.names.listAll() }
  }
  const reading = (store: Store) => vi.spyOn(store.blobs, 'read')

  it('is read once for all names with the same target, and held', async () => {
    const { store, named } = await filled(image, [image.manifest, image.config])
    const held = vi.spyOn(store, 'holdUntil')
    const read = reading(store)
    const reader = new PartsReader(store)
    const [first, second] = [await reader.read(named[0]!), await reader.read(named[1]!)]
    expect(first.shared).toBe(second.shared)
    expect(read).toHaveBeenCalledTimes(2)
    expect([first.name, second.name, first.readable]).toEqual(['a', 'b', true])
    expect(first.documents.map(({ kind }) => kind)).toEqual(['manifest', 'config'])
    expect(first.layers.map(({ diffID }) => diffID)).toEqual(image.layers.map(({ diffID }) => diffID))
    const digests = new Set(held.mock.calls.flatMap(([, ...each]) => each))
    expect(digests).toEqual(
      new Set([image.manifest, image.config, ...image.layers].map(({ digest }) => digest)),
    )
  })

  it('is read again as long as a document is not readable', async () => {
    const { store, named } = await filled(image, [image.manifest])
    const reader = new PartsReader(store)
    const before = await reader.read(named[0]!)
    expect([before.readable, before.layers.map(({ diffID }) => diffID)]).toEqual([
      false,
      [undefined, undefined],
    ])
    await store.blobs.put(image.config.digest, image.config.bytes)
    expect((await reader.read(named[0]!)).readable).toBe(true)
  })

  it('is every image of an index, unless another tool may have copied only some of them', async () => {
    const { store, named } = await filled(index, [index.manifest, image.manifest, image.config])
    const whole = await new PartsReader(store).read(named[0]!)
    expect(whole.readable).toBe(false)
    expect(whole.documents.map(({ descriptor }) => descriptor.digest)).toContain(other.manifest.digest)
    const { annotations, ...descriptor } = named[0]!.descriptor
    expect(annotations).toBeDefined()
    const part = await new PartsReader(store).read({ ...named[0]!, descriptor })
    expect(part.readable).toBe(true)
    expect(part.documents.map(({ kind }) => kind)).toEqual(['index', 'manifest', 'config'])
  })

  it('is no longer that of the name once that points elsewhere', async () => {
    const { store, named } = await filled(image, [image.manifest, image.config, other.manifest])
    const parts = await new PartsReader(store).read(named[0]!)
    expect(await parts.isCurrent()).toBe(true)
    await store.names.set({ name: 'a', typed: 'a', descriptor: descriptorOf(other as never) })
    expect(await parts.isCurrent()).toBe(false)
  })

  it('has the documents that its manifest was made from, by their digests in the annotations', async () => {
    const { store, named } = await filled(image, [image.manifest, image.config])
    const { descriptor } = named[0]!
    const annotations = {
      ...descriptor.annotations,
      'io.windlass.schema1': other.manifest.digest,
      other: 'x',
    }
    const root = { rootDigest: index.manifest.digest, rootMediaType: index.manifest.mediaType }
    const parts = await new PartsReader(store).read({
      ...named[0]!,
      ...root,
      descriptor: { ...descriptor, annotations },
    })
    expect(parts.documents.map(({ kind, descriptor: { digest } }) => [kind, digest])).toEqual([
      ['manifest', image.manifest.digest],
      ['config', image.config.digest],
      ['index', index.manifest.digest],
      ['manifest', other.manifest.digest],
    ])
  })
})
