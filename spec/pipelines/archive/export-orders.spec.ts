import { rm } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { hostPlatform } from '../../../lib/image/index.js'
import { openStore } from '../../../lib/store/index.js'
import { buildIndex, putImage } from '../../../lib/testing/images/index.js'
import { type ExportSelection, exportOrders } from '../../../pipelines/archive/export-orders.js'
import { Workbench, blobPath, imageOf } from '../../support/workbench.js'

describe('the images that are exported', () => {
  const bench = new Workbench()
  const [s390x, riscv] = ['s390x', 'riscv64'].map((architecture) =>
    imageOf([architecture], { platform: { os: 'linux', architecture } }),
  ) as [ReturnType<typeof imageOf>, ReturnType<typeof imageOf>]
  const here = imageOf(['here'], { platform: hostPlatform() })

  /** The orders of words in a store with an index under two names and an image under its digest. */
  async function orders(
    words: (name: string) => readonly string[],
    selection: ExportSelection = {},
    all = [s390x, here],
  ) {
    const registry = await bench.registry()
    await putImage(registry, 'app', '1', buildIndex(all))
    await putImage(registry, 'app', 'one', riscv)
    const puller = await bench.puller()
    const name = `${registry.host}/app:1`
    await puller.pullAllPlatforms(name).done
    await puller.pull(`${registry.host}/app:one`, { platform: 'linux/riscv64' }).done
    await puller.content.tag(name, 'other:1')
    await puller.close()
    const store = await openStore(puller.store)
    try {
      const found = await exportOrders(words(name), store, selection)
      return {
        name,
        orders: found.map(({ images, names, whole }) => ({
          digest: images[0].manifest.digest,
          names,
          whole,
          count: images.length,
        })),
      }
    } finally {
      await store.close()
    }
  }

  it('are those for this machine, each once, with all names under which they were asked for', async () => {
    const { name, orders: found } = await orders((app) => ['other:1', app, 'other:1'])
    expect(found).toEqual([
      {
        digest: here.manifest.digest,
        names: [name, 'docker.io/library/other:1'].sort(),
        whole: false,
        count: 2,
      },
    ])
  })

  it('are those for the platform, or whole indexes', async () => {
    const one = await orders((app) => [app], { platform: 'linux/s390x' })
    expect(one.orders).toMatchObject([{ digest: s390x.manifest.digest, whole: false }])
    const whole = await orders((app) => [app, 'other:1'], { allPlatforms: true })
    expect(whole.orders).toMatchObject([{ whole: true, count: 2, names: { length: 2 } }])
  })

  it('are the first of the index if it has none for this machine, but none for another platform', async () => {
    const { orders: found } = await orders((app) => [app], {}, [s390x, riscv])
    expect(found).toMatchObject([{ digest: s390x.manifest.digest }])
    await expect(orders((app) => [app], { platform: 'linux/arm64' })).rejects.toMatchObject({
      ...{ code: 'PLATFORM_UNMATCHED', hint: expect.stringContaining('linux/s390x') as string },
    })
  })

  it('must be in the store, and readable', async () => {
    await expect(orders(() => ['none:1'])).rejects.toMatchObject({ code: 'IMAGE_UNKNOWN' })
    const registry = await bench.registry()
    await putImage(registry, 'app', '1', here)
    const puller = await bench.puller()
    await puller.pull(`${registry.host}/app:1`).done
    await puller.close()
    await rm(blobPath(puller.store, here.config.digest))
    const store = await openStore(puller.store)
    await expect(exportOrders([`${registry.host}/app:1`], store, {})).rejects.toMatchObject({
      ...{ code: 'STORE_CORRUPT', hint: expect.stringContaining('repair') as string },
    })
    await store.close()
  })
})
