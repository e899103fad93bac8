/** What the store says of itself, its names and its version: found where it has rotted, and nothing is lost by it. */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Digest } from '../../lib/image/index.js'
import { buildIndex, putImage } from '../../lib/testing/images/index.js'
import type { TestRegistry } from '../../lib/testing/registry/index.js'
import type { PulledImage } from '../../lib/stages/index.js'
import type { Windlass } from '../../puller/index.js'
import { Workbench, asked, blobPath, blobsIn, imageOf } from '../support/workbench.js'

const platform = 'linux/amd64'

describe('verifying what a store says of itself', () => {
  const bench = new Workbench()
  const image = imageOf(['base', 'app'])

  interface Stored {
    readonly registry: TestRegistry
    readonly puller: Windlass
    readonly pulled: PulledImage
  }

  async function stored(): Promise<Stored> {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', buildIndex([image]))
    const puller = await bench.puller()
    return { registry, puller, pulled: await puller.pull(`${registry.host}/team/app:1`, { platform }).done }
  }

  describe('names', () => {
    const inIndex = async (puller: Windlass, from: string | RegExp, to: string): Promise<void> => {
      const path = join(puller.store, 'index.json')
      const text = await readFile(path, 'utf8')
      expect(text).toMatch(from)
      await writeFile(path, text.replace(from, to))
    }

    it('that have rotted are told of, cost nothing, and are written again by a pull', async () => {
      const { puller, pulled } = await stored()
      await inIndex(puller, 'io.windlass.root.digest', 'io.windlass.root.dingst')
      for (const repair of [false, true]) {
        const report = await puller.verify({ repair })
        expect(report.unreferenced).toBeUndefined()
        expect(report.problems).toMatchObject([{ kind: 'name', images: [pulled.name], repaired: false }])
      }
      await expect(puller.collect()).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
      expect((await puller.pull(pulled.name, { platform }).done).status).toBe('newer')
      expect((await puller.verify()).problems).toEqual([])
      expect((await puller.collect()).removed).toEqual([])
    })

    it('that have become others can be removed, and the right ones pulled again for nothing', async () => {
      const { registry, puller, pulled } = await stored()
      await inIndex(puller, 'app:1"', 'app:3"')
      const wrong = pulled.name.replace(/1$/, '3')
      expect((await puller.verify()).problems).toMatchObject([{ kind: 'name', images: [wrong] }])
      await puller.remove(wrong)
      const from = registry.requests.length
      await puller.pull(pulled.name, { platform }).done
      expect(asked(registry, from).filter((each) => each.startsWith('blob'))).toEqual([])
      expect((await puller.verify()).problems).toEqual([])
    })

    it('of which nothing can be read are told of as well', async () => {
      const { puller } = await stored()
      await inIndex(puller, '"annotations"', '"annotationz"')
      expect((await puller.verify()).problems).toMatchObject([
        { kind: 'name', digest: image.manifest.digest, images: [] },
      ])
    })
  })

  it('makes the manifest of a schema 2 image again, which no registry has, of the one that was served', async () => {
    const docker = imageOf(['base'], { format: 'docker' })
    for (const served of [docker, buildIndex([docker], { format: 'docker' })]) {
      const registry = await bench.registry()
      await putImage(registry, 'docker', '1', served)
      const puller = await bench.puller()
      const pulled = await puller.pull(`${registry.host}/docker:1`, { platform }).done
      expect(await puller.verify()).toMatchObject({ problems: [], unreferenced: [] })
      const others = [...docker.blobs.keys(), pulled.digest, docker.manifest.digest] as string[]
      const [listed] = (await blobsIn(puller.store)).filter((digest) => !others.includes(digest))
      const both = [listed as Digest, docker.manifest.digest]
      // Each alone, then both.
      for (const [damaged, costs] of [
        [both.slice(0, 1), 0],
        [both.slice(1), 1],
        [both, 2],
      ] as const) {
        for (const digest of damaged) await writeFile(blobPath(puller.store, digest), 'corrupt')
        const from = registry.requests.length
        const { problems } = await puller.verify({ repair: true })
        expect(problems.map(({ kind, digest, repaired }) => [kind, digest, repaired]).sort()).toEqual(
          damaged.map((digest) => ['manifest', digest, true]).sort(),
        )
        expect(asked(registry, from).length).toBeLessThanOrEqual(costs)
        expect(await puller.verify()).toMatchObject({ problems: [], unreferenced: [] })
      }
    }
  })

  it('misses an image of an index that is here with all its platforms, and collects nothing for it', async () => {
    const registry = await bench.registry()
    const arm = imageOf(['arm'], { platform: { os: 'linux', architecture: 'arm64' } })
    await putImage(registry, 'all', '1', buildIndex([image, arm]))
    const puller = await bench.puller()
    const name = `${registry.host}/all:1`
    await puller.pullAllPlatforms(name).done
    await rm(blobPath(puller.store, arm.manifest.digest))
    const { problems, unreferenced } = await puller.verify()
    expect(problems).toMatchObject([
      { kind: 'manifest', digest: arm.manifest.digest, why: 'it is missing', images: [name] },
    ])
    expect(unreferenced).toBeUndefined()
    await expect(puller.collect()).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    expect((await puller.verify({ repair: true })).problems).toMatchObject([{ repaired: true }])
    expect(await puller.verify()).toMatchObject({ problems: [], unreferenced: [] })
  })

  it('finds another version in oci-layout, and writes it again', async () => {
    const { puller } = await stored()
    const path = join(puller.store, 'oci-layout')
    const before = await readFile(path, 'utf8')
    await writeFile(path, before.replace('1.0.0', '1.0.4'))
    expect((await puller.verify({ repair: true })).problems).toMatchObject([
      { kind: 'layout', path, repaired: true },
    ])
    expect(await readFile(path, 'utf8')).toBe(before)
    expect((await puller.verify()).problems).toEqual([])
  })
})
