/** Collecting by size beside pulls, mounts and leases, in several processes: what any of them needs stays. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { putImage } from '../../lib/testing/images/index.js'
import { locksAvailable } from '../../lib/system/index.js'
import { Child } from '../support/store/child.js'
import { Workbench, doing, imageOf } from '../support/workbench.js'

const platform = 'linux/amd64'

describe('collecting by size', () => {
  const bench = new Workbench()

  it('leaves alone what a pull uses that is up to date, and takes it once the pull has ended', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'app', '1', imageOf(['base', 'app']))
    const puller = await bench.puller()
    const name = `${registry.host}/app:1`
    await puller.pull(name, { platform }).done
    const second = await bench.puller({ store: puller.store })
    const kept: unknown[] = []
    const image = await puller.pull(name, {
      platform,
      stages: (bound) => ({
        ...bound,
        onLayer: doing(async () => {
          const collected = await second.collect({ keepStorage: 0 })
          expect(collected.images).toEqual([])
          kept.push(...collected.kept.map(({ reason }) => reason.kind))
        }),
      }),
    }).done
    expect(kept).toContain('running')
    expect(image.status).toBe('up-to-date')
    expect((await second.images()).map((each) => each.name)).toEqual([name])
    expect((await second.collect({ keepStorage: 0 })).images.length).toBe(1)
  })

  it('takes interrupted downloads before images', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'app', '1', imageOf(['base']))
    const puller = await bench.puller()
    await puller.pull(`${registry.host}/app:1`, { platform }).done
    const { blobs, layers } = await puller.usage()
    const size = blobs.bytes + layers.bytes
    const partial = join(puller.store, 'partial', 'sha256', 'a'.repeat(64))
    await writeFile(partial, Buffer.alloc(1_000))
    const { images, removed } = await puller.collect({ keepStorage: size + 999 })
    expect([images, removed]).toMatchObject([[], [{ kind: 'partial', bytes: 1_000 }]])
  })

  it.skipIf(!locksAvailable())(
    'in another process, again and again, breaks no pull and no lease',
    async () => {
      const registry = await bench.registry()
      const leased = imageOf(['base', 'leased'])
      await putImage(registry, 'leased', '1', leased)
      const store = bench.path()
      const first = await bench.puller({ store })
      const leasedName = `${registry.host}/leased:1`
      await first.pull(leasedName, { platform }).done
      const { id } = await first.leases.add(leasedName, { owner: 'spec', duration: 600_000 })
      await first.close()

      const stop = bench.path()
      const child = new Child('expire-loop', store, stop)
      await child.line()
      const puller = await bench.puller({ store })
      const rounds = 8
      for (let round = 0; round < rounds; round++) {
        // Each image shares a layer with the leased one and with the image before it.
        const name = `app${round}`
        await putImage(registry, name, '1', imageOf(['base', `app${round - 1}`, name]))
        const content = bench.path()
        const pulled = await puller.pull(`${registry.host}/${name}:1`, { platform, rootfs: content }).done
        expect(await readFile(join(content, 'base'), 'utf8')).toBe('this is base')
        expect(await readFile(join(content, name), 'utf8')).toBe(`this is ${name}`)
        expect(pulled.layers.length).toBe(3)
      }
      await writeFile(stop, '')
      await child.end()

      const names = (await puller.images()).map((image) => image.name)
      expect(names).toContain(leasedName)
      expect((await puller.verify()).problems).toEqual([])
      const { kept } = await puller.collect({ keepStorage: 0 })
      expect(kept).toMatchObject([{ names: [leasedName], reason: { kind: 'lease', id } }])
      expect((await puller.images()).map((image) => image.name)).toEqual([leasedName])
    },
    120_000,
  )
})
