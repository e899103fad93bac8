/** What Mesos's puller moves into its store and when, and what is left of a pull that fails. */
import { existsSync } from 'node:fs'
import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hostWhiteoutForm } from '../../lib/archive/index.js'
import { compose } from '../../lib/flow/index.js'
import { Store } from '../../lib/store/index.js'
import { buildImage, putImage, whiteout } from '../../lib/testing/images/index.js'
import type { PullOptions } from '../../puller/index.js'
import {
  Workbench,
  asked,
  blobPath,
  blobsIn,
  breakBlobs,
  doing,
  fileNamed,
  imageOf,
  layerDirectory,
  stagedIn,
} from '../support/workbench.js'

const wanted: PullOptions = { platform: 'linux/amd64' }
const bothForms = (await hostWhiteoutForm('/tmp')) === 'overlay'

describe('a digest that stands twice', () => {
  const bench = new Workbench()

  it('is fetched once, told once for each place, and applied at each of them (C6, S0-50, S0-51, S2-45)', async () => {
    const registry = await bench.registry()
    const says = (content: string) => ({ entries: [{ path: 'who', content }] })
    const image = buildImage({ layers: [says('a'), says('b'), says('a')] })
    await putImage(registry, 'team/app', '1', image)
    const puller = await bench.puller()
    const rootfs = bench.path()
    const { layers } = await puller.pull(`${registry.host}/team/app:1`, { ...wanted, rootfs }).done
    const [a, b] = image.layers
    expect(asked(registry).filter((request) => request === `blob ${a!.digest}`)).toHaveLength(1)
    expect(layers.map(({ digest }) => digest)).toEqual([a!.digest, b!.digest, a!.digest])
    expect(layers.map(({ diffID }) => diffID)).toEqual([a!.diffID, b!.diffID, a!.diffID])
    expect(await readFile(join(rootfs, 'who'), 'utf8')).toBe('a')
  })
})

describe('what is committed when', () => {
  const bench = new Workbench()
  const image = imageOf(['base', 'top'])

  it('the layers first, then the config, then the name (S0-67, S0-71, S0-59)', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', image)
    const puller = await bench.puller()
    const name = `${registry.host}/team/app:1`
    const seen: string[] = []
    const look = async (): Promise<void> => {
      const trees = await Promise.all(
        image.layers.map(({ diffID }) => stat(join(layerDirectory(puller.store, diffID), 'rootfs'))),
      )
      seen.push(...trees.map((tree) => (tree.isDirectory() ? 'layer' : 'no layer')))
      seen.push(existsSync(blobPath(puller.store, image.config.digest)) ? 'config' : 'no config')
      seen.push(...(await puller.images()).flatMap((each) => each.name ?? []))
    }
    const stages: PullOptions['stages'] = (bound) => ({
      ...bound,
      commitImage: compose(doing(look), bound.commitImage, doing(look)),
    })
    await puller.pull(name, { ...wanted, stages }).done
    expect(seen).toEqual(['layer', 'layer', 'no config', 'layer', 'layer', 'config', name])
  })

  it('a config that is there is not written again, and gives the same id (S0-67, S2-39)', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', image)
    await putImage(registry, 'team/same', '2', image)
    const puller = await bench.puller()
    const first = await puller.pull(`${registry.host}/team/app:1`, wanted).done
    const before = await stat(blobPath(puller.store, image.config.digest))
    const second = await puller.pull(`${registry.host}/team/same:2`, wanted).done
    expect(second.imageId).toBe(first.imageId)
    const { ino, mtimeMs } = await stat(blobPath(puller.store, image.config.digest))
    expect({ ino, mtimeMs }).toEqual({ ino: before.ino, mtimeMs: before.mtimeMs })
    expect(await puller.images()).toHaveLength(2)
  })

  it('a config that cannot be committed fails the pull, names the path, and gives no name (S0-68, S0-71)', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', image)
    const puller = await bench.puller()
    const stages: PullOptions['stages'] = (bound) => ({
      ...bound,
      commitImage: compose(
        doing(() => breakBlobs(puller.store)),
        bound.commitImage,
      ),
    })
    const blobs = dirname(blobPath(puller.store, image.config.digest))
    await expect(
      puller.pull(`${registry.host}/team/app:1`, { ...wanted, stages }).done,
    ).rejects.toMatchObject({
      exitCode: 7,
      message: expect.stringContaining(blobs),
      subject: { path: blobs },
    })
    expect(await puller.images()).toEqual([])
  })

  it('drops the blobs of the layers once they are unpacked, where that is asked for, and never the config (C10, S0-57)', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', image)
    const name = `${registry.host}/team/app:1`
    const keeping = await bench.puller()
    await keeping.pull(name, wanted).done
    const all = [image.manifest, image.config, ...image.layers].map(({ digest }) => digest).sort()
    expect(await blobsIn(keeping.store)).toEqual(all)

    const discarding = await bench.puller()
    const { layers } = await discarding.pull(name, { ...wanted, discardBlobs: true }).done
    expect(layers.every(({ rootfs }) => rootfs !== undefined && existsSync(rootfs))).toBe(true)
    expect(await blobsIn(discarding.store)).toEqual([image.manifest.digest, image.config.digest].sort())
    expect(await filesBelow(join(discarding.store, 'partial'))).toEqual([])
  })

  it('a blob that cannot be dropped fails the pull, and its path is named (S0-57)', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', imageOf(['base']))
    const puller = await bench.puller()
    let partial = ''
    const stages: PullOptions['stages'] = (bound) => ({
      ...bound,
      commitLayer: compose(
        doing(async ({ path }) => {
          partial = path
          await rm(path)
          await mkdir(join(path, 'odd'), { recursive: true })
        }),
        bound.commitLayer,
      ),
    })
    const pull = puller.pull(`${registry.host}/team/app:1`, { ...wanted, discardBlobs: true, stages })
    await expect(pull.done).rejects.toMatchObject({ exitCode: 7 })
    await expect(pull.done).rejects.toMatchObject({ message: expect.stringContaining(partial) })
    expect(partial).toContain('partial')
  })

  it('a layer that cannot be unpacked fails the pull; what was finished stays, nothing is left in staging (S0-30, S0-58, S0-73)', async () => {
    const registry = await bench.registry()
    const broken = buildImage({
      layers: [{ entries: fileNamed('base') }, { tar: Buffer.alloc(2048, 'this is no archive') }],
    })
    await putImage(registry, 'team/app', '1', broken)
    const puller = await bench.puller()
    const [good, bad] = broken.layers
    // The broken layer comes once the good one is in the store.
    registry.hook(async ({ reference }) => {
      while (reference === bad!.digest && !existsSync(layerDirectory(puller.store, good!.diffID)))
        await new Promise((resolve) => setTimeout(resolve, 5))
      return undefined
    })
    const pull = puller.pull(`${registry.host}/team/app:1`, wanted)
    await expect(pull.done).rejects.toMatchObject({ exitCode: 5, code: 'LAYER_INVALID' })
    await pull.closed()
    expect(existsSync(join(layerDirectory(puller.store, good!.diffID), 'rootfs', 'base'))).toBe(true)
    expect(existsSync(layerDirectory(puller.store, bad!.diffID))).toBe(false)
    expect(await stagedIn(puller.store)).toEqual([])
    expect(await puller.images()).toEqual([])
    await puller.close()
    expect(await readdir(join(puller.store, 'staging'))).toEqual([])
  })

  it('a layer that appears in the store before ours is committed is as good as ours (S0-60)', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', image)
    const store = bench.path()
    const name = `${registry.host}/team/app:1`
    const puller = await bench.puller({ store })
    const lost: string[] = []
    const stages: PullOptions['stages'] = (bound) => ({
      ...bound,
      commitLayer: compose(
        doing(async ({ descriptor, unpacked, form }) => {
          // Somebody else is done with the same layer a moment earlier.
          const other = await Store.open(store)
          const staged = await other.layers.stage()
          await writeFile(join(staged.path, 'theirs'), '')
          lost.push((await staged.commit({ ...unpacked, blob: descriptor, form })).rootfs)
          await other.close()
        }),
        bound.commitLayer,
      ),
    })
    const { layers } = await puller.pull(name, { ...wanted, discardBlobs: true, stages }).done
    expect(layers.map(({ rootfs }) => rootfs).sort()).toEqual(lost.sort())
    expect(await readdir(layers[0]!.rootfs!)).toEqual(['theirs'])
    expect(await stagedIn(store)).toEqual([])
    expect(await filesBelow(join(store, 'partial'))).toEqual([])
  })
})

describe('whiteouts', () => {
  const bench = new Workbench()
  const image = buildImage({
    layers: [
      { entries: [{ path: 'gone', content: 'x' }, { path: 'stays' }] },
      { entries: [whiteout('gone')] },
    ],
  })

  it.runIf(bothForms)(
    'a second form adds its trees beside the first, from the same blobs (S0-49, S0-69, S0-70)',
    async () => {
      const registry = await bench.registry()
      await putImage(registry, 'team/app', '1', image)
      const puller = await bench.puller()
      const name = `${registry.host}/team/app:1`
      const first = await puller.pull(name, { ...wanted, whiteouts: 'aufs' }).done
      const upper = first.layers[1]!.rootfs!
      expect(await readdir(upper)).toEqual(['.wh.gone'])
      const before = await stat(upper)
      const requests = registry.requests.length

      const second = await puller.pull(name, { ...wanted, whiteouts: 'overlay' }).done
      expect(asked(registry, requests)).toEqual(['manifest 1'])
      const device = await stat(join(second.layers[1]!.rootfs!, 'gone'))
      expect([device.isCharacterDevice(), device.rdev]).toEqual([true, 0])
      expect((await stat(upper)).ino).toBe(before.ino)
      expect((await readdir(join(upper, '..'))).sort()).toEqual(['layer.json', 'rootfs', 'rootfs.overlay'])
    },
  )
})

async function filesBelow(directory: string): Promise<string[]> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true })
  return found.filter((each) => each.isFile()).map(({ name }) => name)
}
