import { rm, truncate, writeFile } from 'node:fs/promises'
import { describe, expect, it, vi } from 'vitest'
import * as stores from '../../lib/store/index.js'
import { buildIndex, putImage } from '../../lib/testing/images/index.js'
import { listImages } from '../../pipelines/images.js'
import { putNamed } from '../support/store/images-in-a-store.js'
import { Workbench, blobPath, imageOf } from '../support/workbench.js'

vi.mock('../../lib/store/index.js', { spy: true })

describe('the list of images', () => {
  const bench = new Workbench()
  const made = (names: readonly string[], created: string, architecture = 'amd64') =>
    imageOf(names, { config: { created }, platform: { os: 'linux', architecture } })
  const [amd, arm] = [
    made(['base', 'amd'], '2024-01-01T00:00:00Z'),
    made(['base', 'arm'], '2024-02-02T00:00:00Z', 'arm64'),
  ]

  async function pulled() {
    const registry = await bench.registry()
    await putImage(registry, 'app', '1', buildIndex([amd, arm]))
    const puller = await bench.puller()
    await puller.pullAllPlatforms(`${registry.host}/app:1`).done
    await puller.close()
    const store = await stores.openStore(puller.store)
    const list = async () => {
      const images = await listImages(store)
      await store.close()
      return images
    }
    return { store, directory: puller.store, list, name: `${registry.host}/app:1` }
  }

  it('shows an index with all of its images: platforms, the latest time, and each blob once', async () => {
    const { list, name } = await pulled()
    const blobs = new Map(
      [amd, arm].flatMap(({ config, layers }) => [config, ...layers]).map((each) => [each.digest, each]),
    )
    expect(await list()).toMatchObject([
      {
        ...{ name, typed: name, platform: 'linux/amd64,linux/arm64', created: '2024-02-02T00:00:00Z' },
        ...{ imageId: undefined, problem: undefined },
        size: [...blobs.values()].reduce((sum, { bytes }) => sum + bytes.length, 0),
        layers: [...amd.layers, ...arm.layers].map(({ digest }) => ({ digest })),
      },
    ])
  })

  it('says what is wrong with an image, and shows the others', async () => {
    const { store, directory, list, name } = await pulled()
    await putNamed(store, 'other/damaged:1', '{')
    const { digest } = await putNamed(store, 'other/missing:1', '{}')
    await rm(blobPath(directory, digest))
    const images = await list()
    expect(images.map((image) => [image.name, image.problem?.kind])).toEqual([
      [name, undefined],
      ['other/damaged:1', 'damaged'],
      ['other/missing:1', 'missing'],
    ])
    expect(images.slice(1)).toMatchObject(Array(2).fill({ size: undefined, layers: [], created: undefined }))
    expect(images[2]!.problem?.why).toBe(`${digest} is not in the store`)
  })

  it('says that an index has none of its images', async () => {
    const { directory, list } = await pulled()
    for (const { manifest } of [amd, arm]) await rm(blobPath(directory, manifest.digest))
    expect(await list()).toMatchObject([
      { problem: { kind: 'missing', why: 'every image of its index is not in the store' } },
    ])
  })

  it('leaves out a time that cannot be read', async () => {
    const { directory, list } = await pulled()
    await truncate(blobPath(directory, arm.config.digest), 3)
    expect(await list()).toMatchObject([{ created: '2024-01-01T00:00:00Z', problem: undefined }])
  })

  it('is of use without the sizes in the store', async () => {
    const { list, name } = await pulled()
    vi.mocked(stores.measureImages).mockRejectedValueOnce(new Error('no space is known'))
    expect(await list()).toMatchObject([
      { name, storedSize: undefined, sharedSize: undefined, lastUsedAt: undefined },
    ])
  })

  it('has entries that cannot be read, by their key', async () => {
    const { directory, list } = await pulled()
    await writeFile(
      `${directory}/index.json`,
      JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType: 'x', digest: 5, size: 'y' }] }),
    )
    const [entry] = await list()
    expect(entry).toMatchObject({ name: undefined, problem: { kind: 'unreadable' } })
    expect(entry!.problem!.why).toMatch(/^its entry in index.json cannot be read: /)
    expect(entry!.entry).toMatch(/^@[0-9a-f]{12}$/)
  })
})
