import { describe, expect, it } from 'vitest'
import { putImage } from '../../../lib/testing/images/index.js'
import { openStore } from '../../../lib/store/index.js'
import { findIfStored, findStored } from '../../../pipelines/stored/find-stored.js'
import { Workbench, imageOf } from '../../support/workbench.js'

describe('an image of the store', () => {
  const bench = new Workbench()
  const [app, tool] = [imageOf(['app']), imageOf(['tool'])]

  async function filled() {
    const registry = await bench.registry()
    const puller = await bench.puller()
    for (const [name, image] of Object.entries({ app, tool })) {
      await putImage(registry, name, '1', image)
      await puller.pull(`${registry.host}/${name}:1`, { platform: 'linux/amd64' }).done
    }
    const name = `${registry.host}/app:1`
    await puller.content.tag(name, 'app:copy')
    await puller.close()
    const store = await openStore(puller.store)
    return { store, name }
  }

  it('is found by its name, a reference, a digest, a key, and the start of its ID or digest', async () => {
    const { store, name } = await filled()
    const [entry] = await store.names.entries()
    const { digest } = app.config
    const manifest = entry!.digest!
    for (const word of [name, entry!.key, digest.slice(7, 19), digest.slice(7), manifest.slice(7, 19)])
      expect((await findStored(word, store)).image.descriptor.digest).toBe(manifest)
    expect((await findStored('app:copy', store)).name).toBe('docker.io/library/app:copy')
    await store.close()
  })

  it('is not found by an ID that is too short, ambiguous or of no image', async () => {
    const { store, name } = await filled()
    expect(await findIfStored(app.config.digest.slice(7, 10), store)).toBeUndefined()
    expect(await findIfStored(app.config.digest, store)).toBeUndefined()
    await expect(findStored('deadbeef0000', store)).rejects.toMatchObject({ code: 'IMAGE_UNKNOWN' })
    await expect(findStored('No Such Name', store)).rejects.toMatchObject({ code: 'REFERENCE_INVALID' })
    await expect(findStored(`${name}x`, store)).rejects.toMatchObject({ code: 'IMAGE_UNKNOWN' })
    await store.close()
  })
})
