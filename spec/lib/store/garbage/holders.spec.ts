import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../../lib/image/index.js'
import { findHolders } from '../../../../lib/store/garbage/holders.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

describe('who needs the content of a store', () => {
  const stores = new TemporaryStores()
  const digest = (text: string) => digestOf(Buffer.from(text))

  it('is every run, every mount and every lease that has not expired, each with what it needs', async () => {
    const store = await stores.open()
    await store.blobs.put(digest('of a run'), Buffer.from('of a run'))
    const mount = await store.mounts.begin({
      ...{ target: '/mnt', image: 'a', manifest: digest('manifest'), method: 'overlay' },
      ...{ writable: false, madeTarget: true, holds: [digest('of a mount')] },
    })
    const lease = { owner: 'spec', image: 'a', digest: digest('manifest'), createdAt: 1 }
    const active = await store.leases.add({ ...lease, expiresAt: 3_000, holds: [digest('of a lease')] })
    await store.leases.add({ ...lease, expiresAt: 2_000, holds: [digest('of a lease that has ended')] })
    expect(await findHolders(store.directory, 2_500)).toEqual({
      runs: new Set([digest('of a run')]),
      mounts: [mount],
      leases: [active],
      digests: new Set(['of a run', 'of a mount', 'of a lease'].map(digest)),
    })
  })
})
