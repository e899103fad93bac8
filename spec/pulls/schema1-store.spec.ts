/** Schema 1 images in the store: verified, mended without a registry where that can be, collected with all that they are. */
import { readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { type Digest, digestOf, mediaTypes } from '../../lib/image/index.js'
import { putImage } from '../../lib/testing/images/index.js'
import type { TestRegistry } from '../../lib/testing/registry/index.js'
import type { PullOptions, Windlass } from '../../puller/index.js'
import type { PulledImage } from '../../lib/stages/index.js'
import { generateKey, signPayload } from '../../testbench/documents/schema1-images.js'
import {
  digest,
  image,
  payload,
  putSchema1,
  repository,
  signedManifest,
  pullOptions,
} from '../../testbench/registries/schema1-registry.js'
import { Workbench, asked, blobPath, blobsIn } from '../support/workbench.js'

describe('a schema 1 image in the store', () => {
  const bench = new Workbench()

  interface Stored {
    readonly registry: TestRegistry
    readonly puller: Windlass
    readonly pulled: PulledImage
  }

  async function stored(options: PullOptions = {}, bytes = signedManifest): Promise<Stored> {
    const registry = await bench.registry()
    putSchema1(registry, bytes)
    const puller = await bench.puller()
    const pulled = await puller.pull(`${registry.host}/${repository}`, { ...pullOptions, ...options }).done
    return { registry, puller, pulled }
  }

  const flip = async ({ puller }: Stored, of: Digest): Promise<void> => {
    const path = blobPath(puller.store, of)
    const bytes = await readFile(path)
    bytes[bytes.length >> 1]! ^= 1
    await writeFile(path, bytes)
  }

  it.each([
    ['unpacked', {}],
    ['as blobs only', { unpack: false }],
    ['without its blobs', { discardBlobs: true }],
  ] as const)('verifies, %s', async (_how, options) => {
    const { puller } = await stored(options)
    expect(await puller.verify()).toMatchObject({
      images: 1,
      problems: [],
      unreferenced: [],
      unexpectedPaths: [],
    })
  })

  const parts = [
    ['its manifest', ({ pulled }: Stored) => pulled.manifestDigest],
    ['its config', ({ pulled }: Stored) => pulled.imageId],
  ] as const

  describe.each([
    ['unpacked', {}],
    ['as blobs only', { unpack: false }],
    ['without its blobs', { discardBlobs: true }],
  ] as const)('%s', (_how, options) => {
    it.each(parts)('%s is made again of the schema 1 manifest and the layers', async (_what, part) => {
      for (const damage of [flip, (all: Stored, of: Digest) => rm(blobPath(all.puller.store, of))]) {
        const all = await stored(options)
        const { puller, registry } = all
        const before = await readFile(blobPath(puller.store, part(all)))
        await damage(all, part(all))
        expect((await puller.verify()).problems).toMatchObject([{ digest: part(all), repaired: false }])
        const from = registry.requests.length
        expect((await puller.verify({ repair: true })).problems).toMatchObject([{ repaired: true }])
        // Sizes of layers that are not here as blobs are asked for; else all is here.
        const sizes = 'discardBlobs' in options ? image.layers.map((layer) => `blob ${layer.digest}`) : []
        expect(asked(registry, from)).toEqual(expect.arrayContaining(sizes))
        expect(asked(registry, from)).toHaveLength(sizes.length)
        expect((await readFile(blobPath(puller.store, part(all)))).equals(before)).toBe(true)
        expect((await puller.verify()).problems).toEqual([])
      }
    })
  })

  it('is mended with nobody to ask, as long as its layers and the schema 1 manifest are here', async () => {
    const all = await stored()
    await all.registry.close()
    await flip(all, all.pulled.manifestDigest)
    await truncate(blobPath(all.puller.store, all.pulled.imageId), 10)
    const { problems } = await all.puller.verify({ repair: true })
    expect(problems.map(({ kind, repaired }) => [kind, repaired])).toEqual([
      ['manifest', true],
      ['config', true],
    ])
  })

  it('the manifest as it was served comes from the registry, what was signed of it out of that', async () => {
    for (const options of [{}, { unpack: false }]) {
      const all = await stored(options)
      const { puller, registry } = all
      await flip(all, digest)
      let from = registry.requests.length
      expect((await puller.verify({ repair: true })).problems).toMatchObject([{ digest, repaired: true }])
      expect(asked(registry, from)).toEqual([])
      await flip(all, digestOf(signedManifest))
      from = registry.requests.length
      const { problems } = await puller.verify({ repair: true })
      expect(problems).toMatchObject([{ digest: digestOf(signedManifest), repaired: true }])
      expect(asked(registry, from)).toEqual([`manifest ${digest}`])
      expect((await puller.verify()).problems).toEqual([])
    }
  })

  it('says so where the registry signs it otherwise by now, and loses nothing of it', async () => {
    const all = await stored()
    const { puller, registry } = all
    await flip(all, digestOf(signedManifest))
    registry.putManifest(
      repository,
      digest,
      signPayload(payload, generateKey('ES256')),
      mediaTypes.dockerSchema1Signed,
    )
    const damaged = await readFile(blobPath(puller.store, digestOf(signedManifest)))
    expect((await puller.verify({ repair: true })).problems).toMatchObject([
      {
        repaired: false,
        error: { code: 'UNSUPPORTED', hint: expect.stringContaining('windlass pull') as string },
      },
    ])
    expect((await readFile(blobPath(puller.store, digestOf(signedManifest)))).equals(damaged)).toBe(true)
  })

  it('one that is not signed is mended as well', async () => {
    const all = await stored({}, payload)
    await flip(all, digest)
    await flip(all, all.pulled.manifestDigest)
    const { problems } = await all.puller.verify({ repair: true })
    expect(problems.map(({ repaired }) => repaired)).toEqual([true, true])
    expect((await all.puller.verify()).problems).toEqual([])
  })

  it('all of it at once, its layers too', async () => {
    for (const options of [{}, { unpack: false }]) {
      const all = await stored(options)
      const before = await blobsIn(all.puller.store)
      for (const each of before) await flip(all, each as Digest)
      const { problems } = await all.puller.verify({ repair: true })
      // Of what the manifest is made again, the layers too: those are whole when their turn comes.
      expect(problems.map(({ kind }) => kind).sort()).toEqual(['config', 'manifest', 'manifest', 'manifest'])
      expect(problems.filter(({ repaired }) => !repaired)).toEqual([])
      expect((await all.puller.verify()).problems).toEqual([])
    }
  })

  it('is kept whole by a collection, and goes whole, but for what another image has too', async () => {
    const all = await stored()
    const { puller, registry, pulled } = all
    const blobs = await blobsIn(puller.store)
    expect((await puller.collect()).removed).toEqual([])
    // The same layers, under another manifest.
    await putImage(registry, 'library/new', 'latest', image)
    const today = await puller.pull(`${registry.host}/library/new`, pullOptions).done
    await puller.remove(pulled.name)
    const layers = image.layers.map((layer) => layer.digest as string)
    const { removed } = await puller.collect()
    expect(removed.map((each) => each.digest).sort()).toEqual(
      blobs.filter((each) => !layers.includes(each) && each !== today.imageId).sort(),
    )
    expect(await puller.verify()).toMatchObject({ problems: [], unreferenced: [] })
    await puller.remove(today.name)
    await puller.collect()
    expect(await blobsIn(puller.store)).toEqual([])
  })

  it('nothing of it is collected where its manifest is damaged', async () => {
    const all = await stored()
    await flip(all, all.pulled.manifestDigest)
    const before = await blobsIn(all.puller.store)
    await expect(all.puller.collect()).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    expect(await blobsIn(all.puller.store)).toEqual(before)
  })
})
