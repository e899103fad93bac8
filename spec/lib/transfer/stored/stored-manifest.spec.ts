import { rmSync, writeFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { type ImageSource, type ManifestHead, digestOf } from '../../../../lib/image/index.js'
import { defaultLimits } from '../../../../lib/limits.js'
import type { Store } from '../../../../lib/store/index.js'
import { buildIndex, tinyImage } from '../../../../lib/testing/images/index.js'
import { storedChild, storedRoot } from '../../../../lib/transfer/stored/stored-manifest.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

const image = tinyImage()
const index = buildIndex([image]).manifest
const { signal } = new AbortController()
const stores = new TemporaryStores()

/** A store with an image under `app:1`, chosen from an index. */
async function storeWithIndex(): Promise<Store> {
  const store = await stores.open()
  for (const { digest, bytes } of [index, image.manifest]) await store.blobs.put(digest, bytes)
  const { mediaType, digest, size } = image.manifest
  const root = { rootDigest: index.digest, rootMediaType: index.mediaType }
  await store.names.set({ name: 'app:1', typed: 'app', descriptor: { mediaType, digest, size }, ...root })
  return store
}
function sourceOf(digest: ManifestHead['digest'], more: Partial<ManifestHead> = {}) {
  const answer = { digest, contentType: undefined, size: undefined, host: 'h', ...more }
  const head = vi.fn<(...request: unknown[]) => Promise<ManifestHead>>(() => Promise.resolve(answer))
  return { head, origin: { source: { head } as unknown as ImageSource, name: 'app:1', target: '1' } }
}

describe('the root of a name that the store has', () => {
  it('is not fetched if the registry confirms by a HEAD request that the name still refers to it', async () => {
    const rateLimit = { remaining: 5 }
    const { head, origin } = sourceOf(index.digest, { isMirror: true, rateLimit })
    const callbacks = { onWarning: () => undefined, onRequest: () => undefined }
    expect(await storedRoot(origin, await storeWithIndex(), { signal, ...callbacks })).toMatchObject({
      ...{ host: 'h', isMirror: true, rateLimit },
      document: { kind: 'index', descriptor: { digest: index.digest, mediaType: index.mediaType } },
    })
    expect(head.mock.calls).toEqual([
      ['1', { ...callbacks, onlyHead: true, signal: expect.any(AbortSignal) as AbortSignal }],
    ])
  })

  it('is the manifest itself if it was chosen from no index', async () => {
    const store = await stores.open()
    const { mediaType, digest, size, bytes } = image.manifest
    await store.blobs.put(digest, bytes)
    await store.names.set({ name: 'app:1', typed: 'app', descriptor: { mediaType, digest, size } })
    expect(await storedRoot(sourceOf(digest).origin, store, { signal })).toMatchObject({
      document: { kind: 'image', descriptor: { digest } },
    })
  })

  it('is fetched if the name has moved, or the registry states no digest', async () => {
    const store = await storeWithIndex()
    for (const digest of [image.manifest.digest, digestOf(Buffer.from('new')), undefined])
      expect(await storedRoot(sourceOf(digest).origin, store, { signal })).toBeUndefined()
  })

  it('is fetched without a HEAD request if the store has no such name, or not its root', async () => {
    const { head, origin } = sourceOf(index.digest)
    const store = await storeWithIndex()
    expect(await storedRoot({ ...origin, name: 'other:1' }, store, { signal })).toBeUndefined()
    rmSync(store.blobs.path(index.digest))
    expect(await storedRoot(origin, store, { signal })).toBeUndefined()
    expect(head).not.toHaveBeenCalled()
    const noHead = { ...origin, source: {} as ImageSource }
    expect(await storedRoot(noHead, await storeWithIndex(), { signal })).toBeUndefined()
  })

  it('is fetched if the stored one is damaged or larger than the limit', async () => {
    const store = await storeWithIndex()
    const { origin } = sourceOf(index.digest)
    const limits = { ...defaultLimits, manifestBytes: index.size - 1 }
    expect(await storedRoot({ ...origin, limits }, store, { signal })).toBeUndefined()
    writeFileSync(store.blobs.path(index.digest), Buffer.from(index.bytes).fill('x', 3, 4))
    expect(await storedRoot(origin, store, { signal })).toBeUndefined()
  })
})

describe('a manifest of an index that the store has', () => {
  const origin = { name: 'app:1', host: 'h' }

  it('is not fetched if it has the size that the index states', async () => {
    const store = await storeWithIndex()
    expect(await storedChild(image.manifest, origin, store)).toMatchObject({
      ...{ host: 'h', document: { kind: 'image' } },
    })
    expect(await storedChild({ ...image.manifest, size: 1 }, origin, store)).toBeUndefined()
    expect(await storedChild(image.config, origin, store)).toBeUndefined()
  })

  it('is fetched if the stored one is damaged', async () => {
    const store = await storeWithIndex()
    writeFileSync(store.blobs.path(image.manifest.digest), Buffer.from(image.manifest.bytes).fill('x', 3, 4))
    expect(await storedChild(image.manifest, origin, store)).toBeUndefined()
  })
})
