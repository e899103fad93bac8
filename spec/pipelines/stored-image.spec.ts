/** Tests reading an image from the store without network access. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ImageRequest } from '../../lib/stages/index.js'
import type { Store } from '../../lib/store/index.js'
import { digestsHeldByRuns } from '../../lib/store/staging/holds.js'
import { storedImage } from '../../pipelines/stored-image.js'
import { TemporaryStores } from '../support/store/temporary-store.js'
import { imageOf } from '../support/workbench.js'

describe('an image of the store', () => {
  const stores = new TemporaryStores()
  const image = imageOf(['a', 'b'])
  const platform = { os: 'linux', architecture: 'amd64' }
  const request = { name: 'app:1', typed: 'app:1', platform } as ImageRequest

  /** Returns a store that has the image, opened again so that it holds nothing. */
  async function withImage(): Promise<Store> {
    const store = await stores.open()
    for (const [digest, bytes] of image.blobs) await store.blobs.put(digest, bytes)
    const { digest, mediaType, size, bytes } = image.manifest
    await store.blobs.put(digest, bytes)
    await store.names.set({ name: 'app:1', typed: 'app:1', descriptor: { digest, mediaType, size } })
    await store.close()
    return stores.open(store.directory)
  }

  it('is found with all its layers, and everything is held', async () => {
    const store = await withImage()
    const found = await storedImage(request, store)
    expect(found).toMatchObject({ name: 'app:1', imageId: image.config.digest, status: 'up-to-date' })
    expect(found?.layers.map(({ digest }) => digest)).toEqual(image.layers.map(({ digest }) => digest))
    expect([...(await digestsHeldByRuns(join(store.directory, 'staging')))].sort()).toEqual(
      [image.manifest, image.config, ...image.layers].map(({ digest }) => digest).sort(),
    )
  })

  it('is undefined if its config, its manifest or a layer is missing, or for another name', async () => {
    for (const { digest } of [image.manifest, image.config, ...image.layers]) {
      const store = await withImage()
      rmSync(store.blobs.path(digest))
      expect(await storedImage(request, store)).toBeUndefined()
    }
    const store = await withImage()
    expect(await storedImage({ ...request, name: 'app:2', typed: 'app:2' }, store)).toBeUndefined()
  })
})
