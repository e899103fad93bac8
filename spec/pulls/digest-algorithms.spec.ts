/** Layers whose digests and diffIDs are of any algorithm, in any mixture, also while the config is on its way. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type Digest, type DigestAlgorithm, digestOf, mediaTypes } from '../../lib/image/index.js'
import { buildLayer } from '../../lib/testing/images/build-layer.js'
import { type TestRegistry, faults } from '../../lib/testing/registry/index.js'
import type { Windlass } from '../../puller/index.js'
import { Workbench, blobPath, layerDirectory } from '../support/workbench.js'
import { blobRequests, wanted } from '../support/watching.js'

const algorithms: readonly DigestAlgorithm[] = ['sha256', 'sha384', 'sha512']
const tarOf = (name: string, bytes = 100): Buffer =>
  buildLayer({ entries: [{ path: name, content: randomBytes(bytes) }] }, 'oci', 'none').tar

interface LayerPlan {
  readonly tar: Buffer
  readonly digest: DigestAlgorithm
  readonly diffID: DigestAlgorithm
}

interface Planted {
  readonly config: Digest
  readonly layers: readonly { readonly digest: Digest; readonly diffID: Digest; readonly blob: Buffer }[]
}

function plant(registry: TestRegistry, repository: string, plans: readonly LayerPlan[]): Planted {
  const layers = plans.map(({ tar, digest, diffID }) => {
    const blob = gzipSync(tar)
    return { blob, digest: registry.putBlob(blob, digest), diffID: digestOf(tar, diffID) }
  })
  const bytes = Buffer.from(
    JSON.stringify({
      ...{ os: 'linux', architecture: 'amd64', author: repository },
      rootfs: { type: 'layers', diff_ids: layers.map(({ diffID }) => diffID) },
    }),
  )
  const config = registry.putBlob(bytes)
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: { mediaType: mediaTypes.ociConfig, digest: config, size: bytes.length },
    layers: layers.map(({ digest, blob }) => ({
      ...{ mediaType: mediaTypes.ociLayerGzip, digest, size: blob.length },
    })),
  }
  registry.putManifest(repository, '1', Buffer.from(JSON.stringify(manifest)), mediaTypes.ociManifest)
  return { config, layers }
}

/** Holds the config back until all layers have been served, and then some. */
function holdConfigBack(registry: TestRegistry, { config }: Planted): void {
  registry.hook(async ({ kind, reference }) => {
    if (kind === 'blob' && reference === config) await new Promise((resolve) => setTimeout(resolve, 400))
    return undefined
  })
}

async function expectSound(puller: Windlass, { layers }: Planted): Promise<void> {
  for (const { digest, diffID, blob } of layers) {
    expect((await readFile(blobPath(puller.store, digest))).equals(blob)).toBe(true)
    expect(existsSync(join(layerDirectory(puller.store, diffID), 'rootfs'))).toBe(true)
  }
  expect(await puller.verify()).toMatchObject({ problems: [], unexpectedPaths: [], unreferenced: [] })
}

describe('digests of other algorithms', () => {
  const bench = new Workbench()
  const all = algorithms.flatMap((digest) => algorithms.map((diffID) => ({ digest, diffID })))
  const mixed = (): LayerPlan[] => all.map((each, at) => ({ ...each, tar: tarOf(`file${at}`) }))

  it.each([false, true])(
    'are pulled in every mixture, verified, found again and collected: config late %s',
    async (late) => {
      const registry = await bench.registry()
      const planted = plant(registry, 'app', mixed())
      if (late) holdConfigBack(registry, planted)
      const puller = await bench.puller()
      const name = `${registry.host}/app:1`
      const pulled = await puller.pull(name, wanted).done
      expect(pulled.layers.map(({ digest, diffID }) => ({ digest, diffID }))).toEqual(
        planted.layers.map(({ digest, diffID }) => ({ digest, diffID })),
      )
      for (const [at, { rootfs }] of pulled.layers.entries())
        expect(existsSync(join(rootfs!, `file${at}`))).toBe(true)
      await expectSound(puller, planted)
      // Each layer once, though its diffID may have been computed twice.
      for (const { digest } of planted.layers) expect(blobRequests(registry, digest)).toHaveLength(1)
      const before = registry.requests.length
      expect(await puller.pull(name, wanted).done).toMatchObject({ status: 'up-to-date' })
      expect(registry.requests.slice(before).filter(({ kind }) => kind === 'blob')).toEqual([])
      expect(await puller.collect()).toMatchObject({ removed: [] })
      await puller.remove(name)
      await puller.collect()
      for (const { digest, diffID } of planted.layers) {
        expect(existsSync(blobPath(puller.store, digest))).toBe(false)
        expect(existsSync(layerDirectory(puller.store, diffID))).toBe(false)
      }
    },
  )

  it('of one layer in two images are two layers, whichever comes first and whether at the same time', async () => {
    for (const order of ['one after the other', 'at the same time'] as const)
      for (const first of ['one', 'two'] as const) {
        const registry = await bench.registry()
        const tar = tarOf('file')
        const one = plant(registry, 'one', [{ tar, digest: 'sha256', diffID: 'sha256' }])
        const two = plant(registry, 'two', [{ tar, digest: 'sha256', diffID: 'sha512' }])
        const puller = await bench.puller()
        const pull = (name: string) => puller.pull(`${registry.host}/${name}:1`, wanted).done
        const second = first === 'one' ? 'two' : 'one'
        if (order === 'at the same time') await Promise.all([pull(first), pull(second)])
        else {
          await pull(first)
          await pull(second)
        }
        await expectSound(puller, one)
        await expectSound(puller, two)
        const before = registry.requests.length
        for (const name of ['one', 'two', 'one']) {
          const [layer] = (await pull(name)).layers
          const [planted] = (name === 'one' ? one : two).layers
          expect(layer).toMatchObject({
            diffID: planted!.diffID,
            rootfs: join(layerDirectory(puller.store, planted!.diffID), 'rootfs'),
          })
        }
        expect(registry.requests.slice(before).filter(({ kind }) => kind === 'blob')).toEqual([])
      }
  })

  it.each([false, true])('a diffID of sha512 that is another is refused: config late %s', async (late) => {
    const registry = await bench.registry()
    const planted = plant(registry, 'app', [{ tar: tarOf('file'), digest: 'sha512', diffID: 'sha512' }])
    const wrong = digestOf(Buffer.from('wrong'), 'sha512')
    const config = JSON.parse(registry.blob(planted.config)!.toString()) as {
      rootfs: { diff_ids: string[] }
    }
    config.rootfs.diff_ids = [wrong]
    const bytes = Buffer.from(JSON.stringify(config))
    const { digest, blob } = planted.layers[0]!
    const manifest = {
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: { mediaType: mediaTypes.ociConfig, digest: registry.putBlob(bytes), size: bytes.length },
      layers: [{ mediaType: mediaTypes.ociLayerGzip, digest, size: blob.length }],
    }
    registry.putManifest('app', '1', Buffer.from(JSON.stringify(manifest)), mediaTypes.ociManifest)
    if (late) holdConfigBack(registry, { ...planted, config: manifest.config.digest })
    const puller = await bench.puller()
    const { digest: expected } = { digest: planted.layers[0]!.diffID }
    await expect(puller.pull(`${registry.host}/app:1`, wanted).done).rejects.toMatchObject({
      code: 'DIFF_ID_MISMATCH',
      message: expect.stringContaining(
        `its content has the diffID ${expected}, but the config states ${wrong}`,
      ),
    })
  })

  it('a download of sha512 that broke off goes on where it stopped', async () => {
    const registry = await bench.registry()
    const planted = plant(registry, 'app', [
      { tar: tarOf('file', 300_000), digest: 'sha512', diffID: 'sha384' },
    ])
    const { digest } = planted.layers[0]!
    registry.addFault(faults.truncate(100_000, { reference: digest, nth: 1 }))
    const puller = await bench.puller({ retries: 3 })
    await puller.pull(`${registry.host}/app:1`, wanted).done
    await expectSound(puller, planted)
    expect(blobRequests(registry, digest).map(({ headers }) => headers['range'])).toEqual([
      undefined,
      'bytes=100000-',
    ])
  })

  it('are found to be damaged, and mended', async () => {
    const registry = await bench.registry()
    const planted = plant(registry, 'app', [
      { tar: tarOf('a'), digest: 'sha512', diffID: 'sha384' },
      { tar: tarOf('b'), digest: 'sha256', diffID: 'sha512' },
    ])
    const puller = await bench.puller()
    await puller.pull(`${registry.host}/app:1`, wanted).done
    const [a, b] = planted.layers
    await truncate(blobPath(puller.store, a!.digest), 10)
    await rm(join(layerDirectory(puller.store, b!.diffID), 'rootfs', 'b'))
    expect((await puller.verify()).problems).toHaveLength(2)
    await puller.verify({ repair: true })
    await expectSound(puller, planted)
  })
})
