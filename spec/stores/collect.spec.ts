/** Collecting garbage beside pulls: what a pull holds stays, what nobody needs goes. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type BuiltImage, buildIndex, putImage } from '../../lib/testing/images/index.js'
import type { Windlass } from '../../puller/index.js'
import { Workbench, blobPath, blobsIn, doing, imageOf } from '../support/workbench.js'

const platform = 'linux/amd64'

/** DiffIDs of all unpacked layers that the store has. */
const layersIn = async (store: string): Promise<string[]> =>
  (await readdir(join(store, 'layers', 'sha256')).catch(() => [])).map((hex) => `sha256:${hex}`).sort()

const all = ({ manifest, config, layers }: BuiltImage): string[] =>
  [manifest, config, ...layers].map(({ digest }) => digest)

describe('collecting garbage', () => {
  const bench = new Workbench()

  async function stored(images: Record<string, BuiltImage>): Promise<{ puller: Windlass; host: string }> {
    const registry = await bench.registry()
    const puller = await bench.puller()
    for (const [name, image] of Object.entries(images)) {
      await putImage(registry, name, '1', image)
      await puller.pull(`${registry.host}/${name}:1`, { platform }).done
    }
    return { puller, host: registry.host }
  }

  it('removes an image that lost its name, and keeps layers that it shares (S0-76)', async () => {
    const [app, tool] = [imageOf(['base', 'app']), imageOf(['base', 'tool'])]
    const { puller, host } = await stored({ app, tool })
    expect((await puller.collect()).removed).toEqual([])
    await puller.remove(`${host}/app:1`)
    const plan = await puller.collect({ dryRun: true })
    const gone = [app.manifest.digest, app.config.digest, app.layers[1]!.digest, app.layers[1]!.diffID]
    expect(plan.removed.map(({ digest }) => digest).sort()).toEqual([...gone].sort())
    expect((await blobsIn(puller.store)).length).toBe(7)
    expect(await puller.collect()).toEqual({ ...plan, dryRun: false })
    expect(await blobsIn(puller.store)).toEqual(all(tool).sort())
    expect(await layersIn(puller.store)).toEqual(tool.layers.map(({ diffID }) => diffID).sort())
    const pointers = await readdir(join(puller.store, 'layers', 'by-blob', 'sha256'))
    expect(pointers.map((hex) => `sha256:${hex}`).sort()).toEqual(
      tool.layers.map(({ digest }) => digest).sort(),
    )
    expect((await puller.verify()).problems).toEqual([])
    expect((await puller.pull(`${host}/app:1`, { platform }).done).status).toBe('newer')
  })

  it('keeps the index that an image was chosen from, and not the images that it only lists', async () => {
    const registry = await bench.registry()
    const [amd, arm] = [
      imageOf(['amd']),
      imageOf(['arm'], { platform: { os: 'linux', architecture: 'arm64' } }),
    ]
    const index = buildIndex([amd, arm])
    await putImage(registry, 'app', '1', index)
    const puller = await bench.puller()
    const name = `${registry.host}/app:1`
    await puller.pull(name, { platform: 'linux/arm64' }).done
    await puller.pull(name, { platform }).done
    await puller.collect()
    expect(await blobsIn(puller.store)).toEqual([index.manifest.digest, ...all(amd)].sort())
  })

  it('does not touch what a pull found and has not named yet, in this process or another (S0-76)', async () => {
    const [app, tool] = [imageOf(['base', 'app']), imageOf(['base', 'tool'])]
    const { puller, host } = await stored({ app })
    const registry = await bench.registry()
    await putImage(registry, 'tool', '1', tool)
    const other = await bench.puller({ store: puller.store })
    const removed: string[] = []
    const { layers } = await puller.pull(`${registry.host}/tool:1`, {
      platform,
      stages: (bound) => ({
        ...bound,
        onLayer: doing(async () => {
          await other.remove(`${host}/app:1`).catch(() => undefined)
          for (const each of [other, puller])
            removed.push(...(await each.collect()).removed.map(({ digest }) => digest))
        }),
      }),
    }).done
    expect(removed).toContain(app.layers[1]!.digest)
    expect(removed).not.toContain(app.layers[0]!.digest)
    expect((await other.verify()).problems).toEqual([])
    expect(await readFile(join(layers[0]!.rootfs!, 'base'), 'utf8')).toBe('this is base')
  })

  it('removes nothing where it cannot be told what a name needs', async () => {
    const app = imageOf(['base'])
    const { puller, host } = await stored({ app })
    await writeFile(blobPath(puller.store, app.manifest.digest), 'corrupt')
    const before = await blobsIn(puller.store)
    await expect(puller.collect()).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining(`${host}/app:1`) as string,
    })
    for (const text of ['', '{}', '{"schemaVersion":2,"manifests":{}}']) {
      await writeFile(join(puller.store, 'index.json'), text)
      await expect(puller.collect()).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    }
    expect(await blobsIn(puller.store)).toEqual(before)
    expect(await layersIn(puller.store)).toEqual([app.layers[0]!.diffID])
  })

  it('keeps interrupted downloads within their budget, the youngest first', async () => {
    const { puller } = await stored({ app: imageOf(['base']) })
    const partial = join(puller.store, 'partial', 'sha256')
    await mkdir(partial, { recursive: true })
    const names = ['a', 'b', 'c'].map((letter) => letter.repeat(64))
    for (const name of names) {
      await writeFile(join(partial, name), Buffer.alloc(100))
      await writeFile(join(partial, `${name}.json`), '{"version":1,"expectedSize":200}')
      await new Promise((resolve) => setTimeout(resolve, 15))
    }
    await writeFile(join(partial, `${'d'.repeat(64)}.lock`), '')
    expect((await puller.collect()).bytes).toBe(0)
    expect((await readdir(partial)).length).toBe(6)
    const { removed } = await puller.collect({ keepPartials: 250 })
    expect(removed).toEqual([{ kind: 'partial', digest: `sha256:${names[0]!}`, bytes: 100 }])
    expect((await puller.collect({ keepPartials: 0 })).bytes).toBe(200)
    expect(await readdir(partial)).toEqual([])
  })
})
