/** Tests the removal of names. */
import { describe, expect, it, vi } from 'vitest'
import { IndexDocument } from '../../lib/store/names/index-document.js'
import { MetadataLock } from '../../lib/store/locks/metadata-lock.js'
import { putImage } from '../../lib/testing/images/index.js'
import { Workbench, blobsIn, imageOf } from '../support/workbench.js'

describe('removing a name', () => {
  const bench = new Workbench()

  it('keeps the content and all other names', async () => {
    const registry = await bench.registry()
    const puller = await bench.puller()
    const image = imageOf(['base'])
    for (const tag of ['1', '2']) {
      await putImage(registry, 'app', tag, image)
      await puller.pull(`${registry.host}/app:${tag}`, { platform: 'linux/amd64' }).done
    }
    const before = await blobsIn(puller.store)
    const name = `${registry.host}/app:1`
    expect(await puller.remove(name)).toEqual({ name, digest: image.manifest.digest })
    expect((await puller.images()).map((each) => each.name)).toEqual([`${registry.host}/app:2`])
    expect(await blobsIn(puller.store)).toEqual(before)
    await expect(puller.remove(name)).rejects.toMatchObject({ code: 'IMAGE_UNKNOWN', exitCode: 4 })
    await expect(puller.remove('No Such')).rejects.toMatchObject({ code: 'REFERENCE_INVALID' })
  })

  it('of several names takes the lock and writes the list once, and returns the outcome of each', async () => {
    const registry = await bench.registry()
    const puller = await bench.puller()
    const image = imageOf(['base'])
    const tags = ['1', '2', '3', '4']
    for (const tag of tags) {
      await putImage(registry, 'app', tag, image)
      await puller.pull(`${registry.host}/app:${tag}`, { platform: 'linux/amd64' }).done
    }
    const [one, two, three, four] = tags.map((tag) => `${registry.host}/app:${tag}`)
    const hold = vi.spyOn(MetadataLock.prototype, 'hold')
    const written = vi.spyOn(IndexDocument.prototype, 'toString')
    try {
      const { digest } = image.manifest
      expect(await puller.removeAll([one!, `${registry.host}/none`, two!, one!, 'No Such', three!])).toEqual([
        { name: one, digest },
        {
          name: `${registry.host}/none`,
          error: expect.objectContaining({ code: 'IMAGE_UNKNOWN' }) as unknown,
        },
        { name: two, digest },
        { name: one, error: expect.objectContaining({ code: 'IMAGE_UNKNOWN' }) as unknown },
        { name: 'No Such', error: expect.objectContaining({ code: 'REFERENCE_INVALID' }) as unknown },
        { name: three, digest },
      ])
      expect([hold.mock.calls.length, written.mock.calls.length]).toEqual([1, 1])
    } finally {
      vi.restoreAllMocks()
    }
    expect((await puller.images()).map(({ name }) => name)).toEqual([four])
  })

  it('accepts only a list of strings', async () => {
    const puller = await bench.puller()
    await expect(puller.removeAll('app' as never)).rejects.toMatchObject({ code: 'USAGE' })
  })
})
