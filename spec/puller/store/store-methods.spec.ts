import { utimes } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { buildIndex, putImage } from '../../../lib/testing/images/index.js'
import { Workbench, blobPath, imageOf } from '../../support/workbench.js'

const arm = { os: 'linux', architecture: 'arm64' }
const platform = 'linux/amd64'

describe('the history of an image', () => {
  const bench = new Workbench()

  it('comes from the registry with compressed sizes, and from the store with unpacked ones', async () => {
    const registry = await bench.registry()
    const image = imageOf(['base', 'app'])
    await putImage(registry, 'app', '1', image)
    const puller = await bench.puller()
    const name = `${registry.host}/app:1`
    const remote = await puller.history(name, { platform })
    expect(remote.map(({ size, unpacked }) => ({ size, unpacked }))).toEqual(
      image.layers.map(({ size }) => ({ size, unpacked: false })).reverse(),
    )
    await puller.pull(name, { platform }).done
    const asked = registry.requests.length
    const stored = await puller.history(name, { platform })
    expect(registry.requests.length).toBe(asked)
    expect(stored.every(({ unpacked }) => unpacked)).toBe(true)
    expect(stored.map(({ layer }) => layer)).toEqual(remote.map(({ layer }) => layer))
    expect(await puller.history(image.config.digest.slice(7, 19))).toEqual(stored)
  })

  it('of a platform that the store does not have comes from the registry', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'app', '1', buildIndex([imageOf(['x']), imageOf(['a', 'b'], { platform: arm })]))
    const puller = await bench.puller()
    const name = `${registry.host}/app:1`
    await puller.pull(name, { platform }).done
    expect((await puller.history(name, { platform: 'linux/arm64' })).length).toBe(2)
    expect((await puller.history(name, { platform })).length).toBe(1)
  })
})

describe('the images of a store', () => {
  const bench = new Workbench()

  it('state their sizes in the store, when they were made and when they were used', async () => {
    const registry = await bench.registry()
    const created = '2024-05-06T07:08:09Z'
    for (const name of ['app', 'tool'])
      await putImage(registry, name, '1', imageOf(['base', name], { config: { created } }))
    const puller = await bench.puller()
    for (const name of ['app', 'tool']) await puller.pull(`${registry.host}/${name}:1`, { platform }).done
    const [app, tool] = await puller.images()
    expect(app).toMatchObject({ created, sharedSize: tool!.sharedSize })
    expect(app!.sharedSize).toBeGreaterThan(0)
    expect(app!.storedSize).toBeGreaterThan(app!.sharedSize!)
    expect((await puller.usage()).total).toBeLessThan(app!.storedSize! + tool!.storedSize!)
    await new Promise((resolve) => setTimeout(resolve, 20))
    for (const use of [
      () => puller.pull(app!.name!, { platform }).done,
      () => puller.unpack(app!.name!, bench.path(), { platform }).done,
      () => puller.content.tag(app!.name!, 'other:1'),
    ]) {
      const before = (await puller.images())[0]!.lastUsedAt!
      await new Promise((resolve) => setTimeout(resolve, 20))
      await use()
      expect((await puller.images())[0]!.lastUsedAt).toBeGreaterThan(before)
    }
    expect((await puller.images())[1]!.lastUsedAt).toBe(tool!.lastUsedAt)
  })
})

describe('a collection by age', () => {
  const bench = new Workbench()

  it('removes what was not used for that time, and with a size only as much as necessary', async () => {
    const registry = await bench.registry()
    const puller = await bench.puller()
    const names = ['old', 'older', 'new'].map((name) => `${registry.host}/${name}:1`)
    const [old, older, recent] = names as [string, string, string]
    const day = 86_400_000
    for (const [name, days] of [
      [older, 9],
      [old, 8],
      [recent, 1],
    ] as const) {
      const image = imageOf([name])
      await putImage(registry, name.slice(registry.host.length + 1, -2), '1', image)
      await puller.pull(name, { platform }).done
      const usedAt = new Date(Date.now() - days * day)
      await utimes(blobPath(puller.store, image.manifest.digest), usedAt, usedAt)
    }
    const { blobs, layers } = await puller.usage()
    const size = blobs.bytes + layers.bytes
    const plan = await puller.collect({ unusedFor: 7 * day, keepStorage: size - 1, dryRun: true })
    expect(plan.images.map((image) => image.names)).toEqual([[older]])
    expect((await puller.images()).length).toBe(3)
    expect((await puller.collect({ unusedFor: 10 * day, keepStorage: 0 })).images).toEqual([])
    const { images, removed, bytes } = await puller.collect({ unusedFor: 7 * day })
    expect(images.flatMap((image) => image.names)).toEqual([older, old])
    expect(images.reduce((sum, image) => sum + image.bytes, 0)).toBe(bytes)
    expect(removed.length).toBe(8)
    expect((await puller.images()).map(({ name }) => name)).toEqual([recent])
    expect((await puller.verify()).problems).toEqual([])
  })
})
