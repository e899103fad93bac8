/** Limits as policy: each is crossed by an image, named with what raises it, and let pass once it is raised. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { formatNumber } from '../../lib/quantities.js'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type Limits, defaultLimits, limitNames, limitsWith } from '../../lib/limits.js'
import { mediaTypes } from '../../lib/image/index.js'
import {
  type BuiltImage,
  type BuiltIndex,
  type LayerEntry,
  buildImage,
  buildIndex,
  putImage,
} from '../../lib/testing/images/index.js'
import { type PullOptions, open } from '../../puller/index.js'
import { sparseFormats } from '../../testbench/archives/sparse-writers.js'
import { Workbench, imageOf, stagedIn } from '../support/workbench.js'

const wanted: PullOptions = { platform: 'linux/amd64', whiteouts: 'aufs' }
const ofEntries = (...layers: readonly (readonly LayerEntry[])[]): BuiltImage =>
  buildImage({ layers: layers.map((entries) => ({ entries })) })
const nested = (depth: number): BuiltImage | BuiltIndex =>
  depth === 0 ? imageOf(['base']) : buildIndex([nested(depth - 1)])

/** Of the talk with a registry; the specs of the registry client have those that are not here. */
type OfTalk =
  'tokenBytes' | 'errorBytes' | 'redirects' | 'tagPageBytes' | 'tagBytes' | 'tagPages' | 'tagSeconds'

/** Of reading one file; the spec of `read-toc` has it. */
type OfOneFile = 'tocBytes'

/** What crosses the limit, and by how little; `raised` lets it pass. */
const crossing: Readonly<
  Record<
    Exclude<keyof Limits, OfTalk | OfOneFile>,
    { image: BuiltImage | BuiltIndex; limit: number; raised: number }
  >
> = {
  layerBytes: { image: ofEntries([{ path: 'a', content: 'x'.repeat(600) }]), limit: 2_047, raised: 4_096 },
  imageBytes: {
    image: ofEntries([{ path: 'a', content: 'x' }], [{ path: 'b', content: 'y' }]),
    limit: 3_000,
    raised: 4_096,
  },
  layerRatio: {
    image: buildImage({ layers: [{ tar: Buffer.alloc(0) }] }), // the spec below has one that is large enough
    limit: 0,
    raised: 1,
  },
  layerEntries: { image: ofEntries([{ path: 'a' }, { path: '.wh.b' }, { path: 'c' }]), limit: 2, raised: 3 },
  layerDirectories: { image: ofEntries([{ path: 'd/'.repeat(30) }]), limit: 29, raised: 30 },
  pathBytes: { image: ofEntries([{ path: 'd/'.repeat(30) }]), limit: 59, raised: 60 },
  pathDepth: { image: ofEntries([{ path: 'd/'.repeat(30) }]), limit: 29, raised: 30 },
  headerBytes: {
    image: ofEntries([{ path: 'a', pax: { comment: 'x'.repeat(900) } }]),
    limit: 900,
    raised: 1_000,
  },
  sparseFileBytes: {
    image: buildImage({ layers: [{ tar: sparseFormats.pax10([{ offset: 9_999, bytes: 'x' }], 10_000) }] }),
    limit: 9_999,
    raised: 10_000,
  },
  manifestBytes: { image: imageOf(['base']), limit: 200, raised: 2_000 },
  configBytes: { image: imageOf(['base']), limit: 200, raised: 2_000 },
  indexDepth: { image: nested(3), limit: 2, raised: 3 },
  indexEntries: {
    image: buildIndex([
      imageOf(['base']),
      imageOf(['other'], { platform: { os: 'linux', architecture: 'arm' } }),
    ]),
    limit: 1,
    raised: 2,
  },
}

const isCrossed = (name: keyof Limits): name is keyof typeof crossing => Object.hasOwn(crossing, name)
const withoutRatio = limitNames.filter(isCrossed).filter((name) => name !== 'layerRatio')

describe('limits', () => {
  const bench = new Workbench()

  it.each(withoutRatio)('%s refuses by name, with what raises it, and leaves nothing', async (name) => {
    const { image, limit, raised } = crossing[name]
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', image)
    const from = `${registry.host}/team/app:1`

    const strict = await bench.puller({ limits: { [name]: limit } })
    const error: unknown = await strict.pull(from, wanted).done.catch((failed: unknown) => failed)
    expect(error).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      exitCode: 5,
      retryable: false,
      message: expect.stringMatching(
        `(?:more|longer) than the limit ${name} \\(${formatNumber(limit)}( bytes)?\\)$`,
      ),
      hint: expect.stringContaining(`--limit ${name}=N`),
    })
    expect(await strict.images()).toEqual([])
    expect(await stagedIn(strict.store)).toEqual([])

    const generous = await bench.puller({ limits: { [name]: raised } })
    expect(await generous.pull(from, wanted).done).toMatchObject({ status: 'newer' })
  })

  it('nothing is left of a layer that crosses one: no tree, no blob, no partial download', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', ofEntries([{ path: 'a' }, { path: 'b' }]))
    const puller = await bench.puller({ limits: { layerEntries: 1 } })
    await expect(puller.pull(`${registry.host}/team/app:1`, wanted).done).rejects.toMatchObject({
      exitCode: 5,
    })
    await puller.close()
    for (const place of ['blobs/sha256', 'layers/sha256', 'partial/sha256'])
      expect(await readdir(join(puller.store, place)).catch(() => [])).toEqual([])
  })

  it('imageBytes counts over the layers of a flattened tree, each in its own stream', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', crossing.imageBytes.image)
    const puller = await bench.puller({ limits: { imageBytes: crossing.imageBytes.limit } })
    const to = bench.path()
    const pull = puller.unpack(`${registry.host}/team/app:1`, to, { platform: 'linux/amd64' })
    await expect(pull.done).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('imageBytes'),
    })
    await expect(readdir(to)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('a layer of zeros meets layerRatio after its first gigabyte', async () => {
    const registry = await bench.registry()
    const member = gzipSync(Buffer.alloc(1 << 24))
    // Zeros are the end of an archive, and have to be read and hashed to theirs all the same.
    const blob = Buffer.concat(Array.from({ length: 80 }, () => member))
    const digest = registry.putBlob(blob)
    const diffID = digest // nobody gets as far as that
    const config = Buffer.from(
      JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [diffID] } }),
    )
    const manifest = {
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: { mediaType: mediaTypes.ociConfig, digest: registry.putBlob(config), size: config.length },
      layers: [{ mediaType: mediaTypes.ociLayerGzip, digest, size: blob.length }],
    }
    registry.putManifest('bomb', '1', Buffer.from(JSON.stringify(manifest)), mediaTypes.ociManifest)
    const puller = await bench.puller()
    await expect(puller.pull(`${registry.host}/bomb:1`, wanted).done).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('more than the limit layerRatio (500)'),
      hint: expect.stringContaining('--limit layerRatio=N'),
    })
    expect(await stagedIn(puller.store)).toEqual([])
  })

  it('a manifest that says how long it is, or that goes on, is not read beyond its limit', async () => {
    const registry = await bench.registry()
    const long = {
      status: 200,
      headers: { 'content-type': mediaTypes.ociManifest },
      body: Buffer.alloc(5 << 20, ' '),
    }
    registry.hook(({ kind, reference }) => {
      if (kind !== 'manifest') return undefined
      return reference === 'told'
        ? long
        : { ...long, headers: { ...long.headers, 'transfer-encoding': 'chunked' } }
    })
    const puller = await bench.puller()
    for (const tag of ['told', 'untold'])
      await expect(puller.pull(`${registry.host}/team/app:${tag}`, wanted).done).rejects.toMatchObject({
        code: 'LIMIT_EXCEEDED',
        message: expect.stringContaining('longer than the limit manifestBytes (4 MiB)'),
      })
  })

  it('tokenBytes, redirects and the limits of tags reach the registry client', async () => {
    const registry = await bench.registry({
      auth: { kind: 'token', username: 'u', password: 'p', tokenLength: 3_000 },
      pageSize: 1,
    })
    const image = imageOf(['base'])
    for (const tag of ['1', '2', '3']) await putImage(registry, 'team/app', tag, image)
    registry.hook(({ kind, url }) =>
      kind === 'blob' && !url.includes('again')
        ? { status: 307, headers: { location: `${url}?again` }, body: Buffer.alloc(0) }
        : undefined,
    )
    const credentials = { [registry.host]: { username: 'u', password: 'p' } }
    const from = `${registry.host}/team/app`
    for (const limits of [{ tokenBytes: 3_000 }, { redirects: 0 }] as const) {
      const [name = ''] = Object.keys(limits)
      const puller = await bench.puller({ limits, credentials })
      await expect(puller.pull(`${from}:1`, wanted).done).rejects.toMatchObject({
        code: 'LIMIT_EXCEEDED',
        message: expect.stringMatching(`(?:more|longer) than the limit ${name} \\(\\d`),
        hint: expect.stringContaining(`--limit ${name}=N`),
      })
    }
    for (const limits of [{ tagPages: 2 }, { tagBytes: 70 }, { tagPageBytes: 20 }]) {
      const [name = ''] = Object.keys(limits)
      const puller = await bench.puller({ limits, credentials })
      await expect(puller.pullAllTags(from, wanted).done).rejects.toMatchObject({
        code: 'LIMIT_EXCEEDED',
        message: expect.stringMatching(`(?:more|longer) than the limit ${name} \\(\\d`),
      })
    }
    const puller = await bench.puller({ limits: { tokenBytes: 10_000, redirects: 1 }, credentials })
    expect((await puller.pull(`${from}:1`, wanted).done).status).toBe('newer')
  })

  it('inspect keeps them too', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', nested(3))
    const puller = await bench.puller({ limits: { indexDepth: 2 } })
    await expect(
      puller.inspect(`${registry.host}/team/app:1`, { platform: 'linux/amd64' }),
    ).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('indexDepth'),
    })
  })

  it('are the defaults unless said otherwise; what is none is bad usage', async () => {
    expect(limitsWith()).toEqual(defaultLimits)
    expect(limitsWith({ layerEntries: Infinity })).toEqual({ ...defaultLimits, layerEntries: Infinity })
    for (const bad of [{ nothing: 1 }, { layerBytes: -1 }, { layerBytes: 1.5 }, { layerBytes: NaN }])
      await expect(open({ limits: bad })).rejects.toMatchObject({ code: 'USAGE', exitCode: 2 })
  })
})
