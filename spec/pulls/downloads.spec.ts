/** The download manager: how many at once, what waits, what is asked for, and what a layer goes through. */
import { randomBytes } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { compose } from '../../lib/flow/index.js'
import { buildImage, buildIndex, putImage } from '../../lib/testing/images/index.js'
import { faults } from '../../lib/testing/registry/index.js'
import type { OpenOptions } from '../../puller/index.js'
import { certificate, key } from '../support/certificate.js'
import { Workbench, blobPath, blobsIn, doing, fileNamed, imageOf, stagedIn } from '../support/workbench.js'
import {
  blobRequests,
  eventsOf,
  largeImage,
  layerEvents,
  statuses,
  until,
  wanted,
} from '../support/watching.js'

describe('downloads', () => {
  const bench = new Workbench()

  /** A registry with an image of these layers, and a puller. */
  async function scene(image = imageOf(['base']), options: OpenOptions = {}) {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', image)
    const puller = await bench.puller({ retries: 5, ...options })
    const digests = image.layers.map(({ digest }) => digest)
    return { registry, puller, image, digests, name: `${registry.host}/team/app:1` }
  }

  describe('at once', () => {
    it('are three by default, over all pulls of a puller (S2-48, S3-15)', async () => {
      const registry = await bench.registry()
      const images = [imageOf(['a', 'b', 'c', 'd']), imageOf(['e', 'f', 'g', 'h'])]
      for (const [at, image] of images.entries()) await putImage(registry, 'team/app', String(at), image)
      const layers = new Set<string>(images.flatMap((image) => image.layers.map(({ digest }) => digest)))
      let [now, most] = [0, 0]
      registry.hook(async ({ kind, reference }) => {
        if (kind !== 'blob' || !layers.has(reference)) return undefined
        most = Math.max(most, ++now)
        // The first wait for the third, however long that takes; then a fourth would have its time.
        await until(() => most >= 3)
        await new Promise((resolve) => setTimeout(resolve, 40))
        now--
        return undefined
      })
      const puller = await bench.puller()
      await Promise.all(images.map((_, at) => puller.pull(`${registry.host}/team/app:${at}`, wanted).done))
      expect(most).toBe(3)
    })

    it('as many as one says (S0-28, S2-48)', async () => {
      const { registry, puller, digests, name } = await scene(imageOf(['a', 'b', 'c']), { maxDownloads: 1 })
      let [now, most] = [0, 0]
      registry.hook(async ({ reference }) => {
        if (!digests.some((digest) => digest === reference)) return undefined
        most = Math.max(most, ++now)
        await new Promise((resolve) => setTimeout(resolve, 20))
        now--
        return undefined
      })
      await puller.pull(name, wanted).done
      expect(most).toBe(1)
    })

    it('the plan names each layer, and only those wait that no slot is free for (S2-47)', async () => {
      const { registry, puller, digests, name } = await scene(imageOf(['a', 'b', 'c', 'd', 'e']))
      let open = (): void => undefined
      const opened = new Promise<void>((resolve) => (open = resolve))
      registry.hook(async ({ reference }) => {
        if (digests.some((digest) => digest === reference)) await opened
        return undefined
      })
      const pull = puller.pull(name, wanted)
      const events = eventsOf(pull)
      const isWaiting = (digest: (typeof digests)[number]): boolean =>
        statuses(events, digest).includes('waiting')
      // No layer comes before all have asked for a slot.
      await vi.waitFor(() => expect(digests.filter(isWaiting).length).toBeGreaterThanOrEqual(2))
      open()
      await pull.done
      expect(events.find(({ type }) => type === 'plan')).toMatchObject({
        layers: digests.map((digest) => ({ digest, action: 'download' })),
      })
      expect(digests.filter(isWaiting)).toHaveLength(2)
    })

    it('give their slot back when the bytes are here, before anything is unpacked (S2-55)', async () => {
      const { registry, puller, digests, name } = await scene(imageOf(['a', 'b', 'c']), { maxDownloads: 1 })
      let asked = 0
      registry.hook(({ reference }) => {
        if (digests.some((digest) => digest === reference)) asked++
        return undefined
      })
      const image = await puller.pull(name, {
        ...wanted,
        stages: (bound) => ({
          ...bound,
          unpack: compose(
            doing(() => until(() => asked === 3, 'all layers to be asked for')),
            bound.unpack,
          ),
        }),
      }).done
      expect(image.layers).toHaveLength(3)
    })

    it('the config is asked for together with the layers (C11, S2-28)', async () => {
      const { registry, puller, image, digests, name } = await scene()
      const asked = (digest: string) => (): boolean => blobRequests(registry, digest).length > 0
      registry.hook(async ({ reference }) => {
        if (reference === image.config.digest) await until(asked(digests[0]!), 'the layer')
        if (reference === digests[0]) await until(asked(image.config.digest), 'the config')
        return undefined
      })
      await puller.pull(name, wanted).done
    })

    it('inspect asks for the config alone; S0-31 S1-01 one request for the manifest serves all (C11)', async () => {
      const { registry, puller, image, name } = await scene()
      await puller.inspect(name, wanted)
      const kinds = (): string[] =>
        registry.requests.map(({ kind }) => kind).filter((kind) => kind !== 'ping')
      expect(kinds()).toEqual(['manifest', 'blob'])
      expect(blobRequests(registry, image.config.digest)).toHaveLength(1)
      await puller.pull(name, wanted).done
      expect(kinds().filter((kind) => kind === 'manifest')).toHaveLength(2)
    })

    it('a layer that stands twice is fetched once (S0-26, S2-45)', async () => {
      const { registry, puller, digests, name } = await scene(imageOf(['a', 'b', 'a']))
      const { layers } = await puller.pull(name, wanted).done
      expect(layers.map(({ digest }) => digest)).toEqual(digests)
      expect(blobRequests(registry, ...new Set<string>(digests))).toHaveLength(2)
    })

    it('what the store has of an image is not fetched, wherever it stands (S2-43, S2-44)', async () => {
      const { registry, puller, name } = await scene(imageOf(['b', 'd']))
      await puller.pull(name, wanted).done
      const more = imageOf(['a', 'b', 'c', 'd'])
      await putImage(registry, 'team/app', '2', more)
      const before = registry.requests.length
      const pull = puller.pull(`${registry.host}/team/app:2`, wanted)
      const events = eventsOf(pull)
      await pull.done
      const [a, b, c, d] = more.layers.map(({ digest }) => digest)
      const blobs = registry.requests
        .slice(before)
        .flatMap(({ kind, reference }) => (kind === 'blob' ? [reference] : []))
      expect(blobs.sort()).toEqual([a!, c!, more.config.digest].sort())
      for (const digest of [b, d]) expect(statuses(events, digest)).toEqual(['exists'])
    })

    it('a layer downloads, is verified, downloaded, unpacked, complete: with compressed bytes (S2-59, S2-73)', async () => {
      const { puller, name, image, digests } = await scene(largeImage(3_000_000))
      const pull = puller.pull(name, wanted)
      const events = eventsOf(pull)
      await pull.done
      const [digest] = digests
      const seen = statuses(events, digest)
      expect(seen.filter((status) => status !== 'extracting')).toEqual([
        'downloading',
        'verifying',
        'downloaded',
        'complete',
      ])
      const { size } = image.layers[0]!
      for (const { current, total } of layerEvents(events, digest)) {
        expect(total).toBe(size)
        expect(current).toBeLessThanOrEqual(size)
      }
    })
  })

  it('layers are unpacked at the same time, each into its own directory, so many at once (S0-55, S0-56, C9)', async () => {
    const spec = ['a', 'b'].map((name) => ({
      entries: [...fileNamed(name), { path: `${name}.data`, content: randomBytes(200_000) }],
      compression: 'none' as const,
    }))
    for (const maxUnpacks of [1, 2]) {
      const { registry, puller, digests, name } = await scene(buildImage({ layers: spec }), { maxUnpacks })
      for (const digest of digests) registry.addFault(faults.stall(50_000, { reference: digest }))
      const pull = puller.pull(name, wanted)
      const events = eventsOf(pull)
      const begun = async (): Promise<string[]> =>
        (await readdir(join(puller.store, 'staging'), { recursive: true })).filter((path) =>
          /rootfs\/[ab]$/.test(path),
        )
      const arrived = (digest: string): boolean =>
        layerEvents(events, digest).some(({ current }) => current === 50_000)
      await until(() => digests.every(arrived))
      while ((await begun()).length < maxUnpacks) await new Promise((resolve) => setTimeout(resolve, 10))
      await new Promise((resolve) => setTimeout(resolve, 100))
      const trees = await begun()
      expect(new Set(trees.map(dirname)).size).toBe(maxUnpacks)
      pull.cancel()
      await expect(pull.done).rejects.toMatchObject({ code: 'CANCELLED' })
      await pull.closed()
    }
  })

  it('a blob is not copied: what was downloaded is renamed to what it is called (S0-53)', async () => {
    const { registry, puller, digests, name } = await scene(largeImage(100_000), { retries: 1 })
    const [digest] = digests
    registry.addFault(faults.truncate(5000, { reference: digest! }))
    const broken = puller.pull(name, wanted)
    await expect(broken.done).rejects.toMatchObject({ code: 'NETWORK' })
    await broken.closed()
    const { ino } = await stat(join(puller.store, 'partial', ...digest!.split(':')))
    await puller.pull(name, wanted).done
    expect((await stat(blobPath(puller.store, digest!))).ino).toBe(ino)
  })

  it('every manifest that was seen is kept, the index and what it led to (S1-02)', async () => {
    const image = imageOf(['base'])
    const index = buildIndex([image])
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', index)
    const puller = await bench.puller()
    await puller.pull(`${registry.host}/team/app:1`, wanted).done
    expect(await blobsIn(puller.store)).toEqual(
      expect.arrayContaining([index.manifest.digest, image.manifest.digest]),
    )
  })

  it('TLS is verified unless one says otherwise, and nothing falls back to plain HTTP (S3-09)', async () => {
    const registry = await bench.registry({ tls: { key, cert: certificate } })
    await putImage(registry, 'team/app', '1', imageOf(['base']))
    const name = `${registry.host}/team/app:1`
    const careful = await bench.puller()
    await expect(careful.pull(name, wanted).done).rejects.toMatchObject({ code: 'TLS', exitCode: 6 })
    expect(registry.requests).toEqual([])
    const careless = await bench.puller({ insecureTls: true })
    await careless.pull(name, wanted).done
  })

  it('a pull that is cancelled while it unpacks leaves nothing in the staging area (S2-56)', async () => {
    const { puller, name } = await scene(largeImage(20_000_000))
    const pull = puller.pull(name, wanted)
    const events = eventsOf(pull)
    await until(() => statuses(events).includes('downloaded'))
    pull.cancel()
    await expect(pull.done).rejects.toMatchObject({ code: 'CANCELLED' })
    await pull.closed()
    expect(await stagedIn(puller.store)).toEqual([])
    expect(await puller.images()).toEqual([])
  })

  it('a limit on the time of the whole pull is a signal (S3-15)', async () => {
    const { registry, puller, name } = await scene()
    registry.addFault(faults.stall(0))
    const pull = puller.pull(name, { ...wanted, signal: AbortSignal.timeout(100) })
    await expect(pull.done).rejects.toMatchObject({ code: 'CANCELLED' })
    await pull.closed()
  })
})
