import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { measureStore } from '../../../../lib/store/index.js'
import { commitLayer, layerBlob, putNamed } from '../../../support/store/images-in-a-store.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

describe('what takes the space of a store', () => {
  const stores = new TemporaryStores()

  it('are blobs, unpacked layers, downloads, staging and mounts, and a part of it is reclaimable', async () => {
    const store = await stores.open()
    await putNamed(store, 'app:1', '{"schemaVersion":2}')
    await store.blobs.put(layerBlob('a').digest, Buffer.from('the blob of a'))
    await commitLayer(store, 'a')
    await store.release()
    const partial = join(store.directory, 'partial', 'sha256')
    mkdirSync(partial, { recursive: true })
    writeFileSync(join(partial, 'a'.repeat(64)), Buffer.alloc(100))
    mkdirSync(join(store.directory, 'mounts'))
    writeFileSync(join(store.directory, 'mounts', 'written'), Buffer.alloc(100_000, 'x'))
    const usage = await measureStore(store)
    expect(usage).toMatchObject({
      blobs: { count: 2, bytes: 19 + 13, reclaimable: 13 },
      layers: { count: 1, bytes: 1024, reclaimable: 1024 },
      partials: { count: 1, bytes: 100, reclaimable: 0 },
      reclaimable: 13 + 1024,
    })
    expect(usage.mounts).toBeGreaterThanOrEqual(100_000)
    const { blobs, layers, partials, staging, mounts, total } = usage
    expect(total).toBe(blobs.bytes + layers.bytes + partials.bytes + staging + mounts)
    expect((await store.garbage.collect()).bytes).toBe(usage.reclaimable)
  })

  it('is not measured any more after a cancellation', async () => {
    const store = await stores.open()
    await expect(measureStore(store, AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('is nothing in a new store', async () => {
    const store = await stores.open()
    const none = { count: 0, bytes: 0, reclaimable: 0 }
    expect(await measureStore(store)).toMatchObject({ blobs: none, layers: none, partials: none, mounts: 0 })
  })
})
