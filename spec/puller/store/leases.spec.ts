import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { putImage } from '../../../lib/testing/images/index.js'
import { Workbench, blobsIn, imageOf } from '../../support/workbench.js'

describe('leases', () => {
  const bench = new Workbench()

  async function pulled() {
    const registry = await bench.registry()
    const puller = await bench.puller()
    const name = `${registry.host}/app:1`
    await putImage(registry, 'app', '1', imageOf(['base', 'app']))
    await puller.pull(name, { platform: 'linux/amd64' }).done
    return { registry, puller, name }
  }

  it('keep the content of an image whose name was removed, and the removal says so', async () => {
    const { puller, name } = await pulled()
    const lease = await puller.leases.add(name, { owner: 'spec', duration: 60_000 })
    expect(lease).toMatchObject({ owner: 'spec', image: name, expiresAt: lease.createdAt + 60_000 })
    expect(await puller.leases.list()).toEqual({ leases: [{ ...lease, expired: false }], damaged: [] })
    expect(await puller.remove(name)).toMatchObject({ leases: [lease] })
    const before = await blobsIn(puller.store)
    expect((await puller.collect()).removed).toEqual([])
    expect(await blobsIn(puller.store)).toEqual(before)
    expect(await puller.leases.remove(lease.id)).toBe(true)
    await puller.collect()
    expect(await blobsIn(puller.store)).toEqual([])
  })

  it('keep the name of an image from a collection by size, which says why', async () => {
    const { puller, name } = await pulled()
    const { id, expiresAt } = await puller.leases.add(name, { owner: 'spec', duration: 60_000 })
    const { images, kept, removed } = await puller.collect({ keepStorage: 0 })
    expect([images, removed]).toEqual([[], []])
    expect(kept).toMatchObject([{ names: [name], reason: { kind: 'lease', id, owner: 'spec', expiresAt } }])
    await puller.leases.remove(id)
    expect((await puller.collect({ keepStorage: 0 })).images).toMatchObject([{ names: [name] }])
    expect(await puller.images()).toEqual([])
  })

  it('are for what the name pointed at, and do not follow it', async () => {
    const { registry, puller, name } = await pulled()
    const { digest } = await puller.leases.add(name, { owner: 'spec' })
    await putImage(registry, 'app', '1', imageOf(['base', 'newer']))
    await puller.pull(name, { platform: 'linux/amd64' }).done
    await puller.collect()
    expect(await blobsIn(puller.store)).toContain(digest)
    const { images } = await puller.collect({ keepStorage: 0 })
    expect(images).toMatchObject([{ names: [name] }])
    expect(await blobsIn(puller.store)).toContain(digest)
  })

  it('are none where there is no store, and none is created for their list', async () => {
    const store = bench.path()
    const puller = await bench.puller({ store })
    expect(await puller.leases.list()).toEqual({ leases: [], damaged: [] })
    expect(existsSync(store)).toBe(false)
  })

  it('refuse an image that is not there, an owner without a name, and a duration of nothing', async () => {
    const { puller, name } = await pulled()
    await expect(puller.leases.add('none:1', { owner: 'spec' })).rejects.toMatchObject({
      code: 'IMAGE_UNKNOWN',
    })
    for (const options of [{ owner: '' }, { owner: 'a', duration: 0 }, {} as { owner: string }])
      await expect(puller.leases.add(name, options)).rejects.toMatchObject({ code: 'USAGE' })
    expect(await puller.leases.remove('0123456789abcdef')).toBe(false)
    expect((await (await bench.puller()).leases.list()).leases).toEqual([])
  })

  it('cannot be used after the puller is closed', async () => {
    const puller = await bench.puller()
    await puller.close()
    const uses = [
      () => puller.leases.list(),
      () => puller.leases.add('a', { owner: 'spec' }),
      () => puller.leases.remove('0123456789abcdef'),
    ]
    for (const use of uses) await expect(use()).rejects.toMatchObject({ message: /closed/ as never })
  })
})
