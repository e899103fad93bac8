import { describe, expect, it, vi } from 'vitest'
import { leaseImage } from '../../../pipelines/stored/lease.js'
import { TemporaryStores } from '../../support/store/temporary-store.js'
import { imageOf } from '../../support/workbench.js'

describe('the lease of an image', () => {
  const stores = new TemporaryStores()
  const { manifest, config, layers } = imageOf(['base'])
  const name = 'a.example/app:1'

  async function filled() {
    const store = await stores.open()
    for (const { digest, bytes } of [manifest, config, ...layers]) await store.blobs.put(digest, bytes)
    const descriptor = { digest: manifest.digest, mediaType: manifest.mediaType, size: manifest.bytes.length }
    await store.names.set({ name, typed: name, descriptor })
    return store
  }

  it('holds all that the image needs, until it ends by itself or is removed', async () => {
    const store = await filled()
    const lease = await leaseImage(name, { owner: 'a job', duration: 1_000 }, store)
    expect(lease).toMatchObject({ owner: 'a job', image: name, digest: manifest.digest })
    expect(lease.expiresAt! - lease.createdAt).toBe(1_000)
    const forever = await leaseImage(name, { owner: 'a job', duration: undefined }, store)
    expect(forever.expiresAt).toBeUndefined()
    const [first] = (await store.leases.list()).leases
    expect(first!.holds).toEqual(
      expect.arrayContaining([manifest, config, ...layers].map(({ digest }) => digest)),
    )
  })

  it('is not made if the name is removed meanwhile', async () => {
    const store = await filled()
    vi.spyOn(store, 'holdUntil').mockImplementationOnce(async () => {
      await store.names.removeEntries((entries) => entries)
    })
    await expect(leaseImage(name, { owner: 'a job', duration: 1_000 }, store)).rejects.toMatchObject({
      code: 'IMAGE_UNKNOWN',
    })
    expect((await store.leases.list()).leases).toEqual([])
  })
})
