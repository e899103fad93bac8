/** Taking names away. */
import { describe, expect, it } from 'vitest'
import { putImage } from '../../lib/testing/images/index.js'
import { Workbench, blobsIn, imageOf } from './workbench.js'

describe('removing a name', () => {
  const bench = new Workbench()

  it('leaves all that it pointed at, and every other name', async () => {
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
})
