import { rm } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { parsePlatform } from '../../../lib/image/index.js'
import { openStore } from '../../../lib/store/index.js'
import { buildIndex, putImage } from '../../../lib/testing/images/index.js'
import { describeImages, imageFor } from '../../../pipelines/stored/describe.js'
import { putNamed } from '../../support/store/images-in-a-store.js'
import { Workbench, blobPath, imageOf } from '../../support/workbench.js'

describe('the description of the images of a store', () => {
  const bench = new Workbench()
  const image = (architecture: string) => imageOf([architecture], { platform: { os: 'linux', architecture } })
  const [amd, arm] = [image('amd64'), image('arm64')]
  const index = buildIndex([amd, arm])

  async function pulled(unpack = true) {
    const registry = await bench.registry()
    await putImage(registry, 'app', '1', index)
    const puller = await bench.puller()
    await puller.pullAllPlatforms(`${registry.host}/app:1`, { unpack }).done
    await puller.close()
    const store = await openStore(puller.store)
    return { store, directory: puller.store, name: `${registry.host}/app:1` }
  }

  it('has each image of an index, with what the name points at, and the sizes of its layers', async () => {
    const { store, name } = await pulled()
    const described = await describeImages(store)
    const { digest, mediaType, bytes } = index.manifest
    for (const each of described)
      expect(each).toMatchObject({ name, root: { digest, mediaType, size: bytes.length } })
    expect(described.map(({ imageId, platform, layers }) => [imageId, platform, layers[0]!.size])).toEqual([
      [amd.config.digest, 'linux/amd64', amd.layers[0]!.size],
      [arm.config.digest, 'linux/arm64', arm.layers[0]!.size],
    ])
    expect(described[0]!.layers[0]!.unpackedSize).toBe(amd.layers[0]!.tar.length)
    expect(imageFor(parsePlatform('linux/arm64'), described)).toBe(described[1])
    expect(imageFor(parsePlatform('linux/s390x'), described)).toBeUndefined()
    await store.close()
  })

  it('has no unpacked size of a layer that is not unpacked', async () => {
    const { store } = await pulled(false)
    expect((await describeImages(store))[0]!.layers[0]!.unpackedSize).toBeUndefined()
    await store.close()
  })

  it('leaves out what cannot be read, and nothing else', async () => {
    const { store, directory } = await pulled()
    await putNamed(store, 'other/damaged:1', '{')
    await rm(blobPath(directory, amd.config.digest))
    expect((await describeImages(store)).map(({ imageId }) => imageId)).toEqual([arm.config.digest])
    await store.close()
  })
})
