import { readdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../lib/errors.js'
import { digestOf, mediaTypes } from '../../lib/image/index.js'
import { buildDocument } from '../../lib/testing/images/build-image.js'
import { putImage } from '../../lib/testing/images/index.js'
import type { PulledImage } from '../../lib/stages/index.js'
import type { PullOptions } from '../../puller/index.js'
import { Workbench, imageOf } from '../support/workbench.js'

const bench = new Workbench()

type Json = Record<string, unknown>
interface Change {
  readonly config?: Json
  readonly manifest?: Json
  readonly configBytes?: Buffer
}

interface Outcome {
  readonly image?: PulledImage
  readonly error?: WindlassError
  readonly warnings: readonly string[]
  readonly store: string
}

/** Pulls `app:1` after `put` has filled the registry. */
async function pulled(
  put: (registry: Awaited<ReturnType<Workbench['registry']>>) => unknown,
  options: PullOptions = {},
): Promise<Outcome> {
  const registry = await bench.registry()
  await put(registry)
  const store = bench.path()
  const windlass = await bench.puller({ store })
  const pull = windlass.pull(`${registry.host}/app:1`, options)
  const warnings: string[] = []
  pull.events.subscribe((event) => event.type === 'warning' && warnings.push(event.message))
  try {
    return { image: await pull.done, warnings, store }
  } catch (error) {
    if (!(error instanceof WindlassError)) throw error
    return { error, warnings, store }
  }
}

const base = imageOf(['a'])
const parsed = {
  config: JSON.parse(base.config.bytes.toString()) as Json,
  manifest: JSON.parse(base.manifest.bytes.toString()) as Json,
}

/** `app:1` with some members of its documents changed. */
const changed =
  ({ config = {}, manifest = {} }: Change) =>
  (registry: Awaited<ReturnType<Workbench['registry']>>): Buffer => {
    const made = buildDocument(mediaTypes.ociConfig, { ...parsed.config, ...config })
    const { mediaType, digest, size } = made
    for (const bytes of [...base.blobs.values(), made.bytes]) registry.putBlob(bytes)
    const body = { ...parsed.manifest, config: { mediaType, digest, size }, ...manifest }
    const bytes = Buffer.from(JSON.stringify(body))
    registry.putManifest('app', '1', bytes, mediaTypes.ociManifest)
    return bytes
  }

describe('a pull of an unclear image', () => {
  it.each<readonly [Change, string | undefined]>([
    [{ manifest: { schemaVersion: undefined } }, 'schemaVersion: it is missing; 2 is assumed'],
    [{ manifest: { annotations: [], subject: { digest: 'blake3:aa' } } }, 'annotations is ignored'],
    [{ manifest: { annotations: null, subject: null, artifactType: null } }, undefined],
    [
      { config: { os: undefined, architecture: undefined } },
      'it states no os and architecture; linux/amd64 is assumed',
    ],
    [{ config: { rootfs: { ...(parsed.config['rootfs'] as Json), type: undefined } } }, 'rootfs.type'],
    [{ config: { config: { Cmd: 'x', Labels: [] }, history: 'none', created: 7 } }, 'is ignored'],
    [{ config: { config: null, history: null, created: null, author: null, variant: null } }, undefined],
    [{ config: { history: [{}, {}, {}] } }, 'history: it describes 3 layers, but the rootfs has 1 diffID'],
  ])('takes it, with one warning at most: %j', async (change, warning) => {
    const { image, error, warnings } = await pulled(changed(change))
    expect(error).toBeUndefined()
    expect(image?.platform).toBe('linux/amd64')
    expect(warnings).toHaveLength(warning === undefined ? 0 : 1)
    if (warning !== undefined) expect(warnings[0]).toContain(warning)
  })

  it('takes its config for the platform that its index says', async () => {
    const { image, warnings } = await pulled(
      (registry) => {
        const bytes = changed({ config: { os: '', architecture: null } })(registry)
        const platform = { os: 'linux', architecture: 's390x' }
        const entry = {
          mediaType: mediaTypes.ociManifest,
          digest: digestOf(bytes),
          size: bytes.length,
          platform,
        }
        const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [entry] }
        registry.putManifest('app', '1', Buffer.from(JSON.stringify(index)), mediaTypes.ociIndex)
      },
      { platform: 'linux/s390x' },
    )
    expect(image?.platform).toBe('linux/s390x')
    expect(warnings.join()).toContain('it states no os and architecture; linux/s390x is assumed')
  })
})

describe('an image without layers', () => {
  it.each([{ layers: [] }, { layers: null }, { layers: undefined }])(
    'is pulled, its tree is an empty directory, and inspecting it tells its labels: %j',
    async (manifest) => {
      for (const diff_ids of [[], null, undefined]) {
        const rootfs = bench.path()
        const config = {
          config: { Labels: { what: 'labels alone' } },
          rootfs: { type: 'layers', diff_ids },
          history: [{ created_by: 'LABEL', empty_layer: true }],
        }
        const registry = await bench.registry()
        changed({ manifest, config })(registry)
        const windlass = await bench.puller()
        const image = await windlass.pull(`${registry.host}/app:1`, { rootfs }).done
        expect(image.layers).toEqual([])
        expect(await readdir(rootfs)).toEqual([])
        const { image: inspected } = await windlass.inspect(`${registry.host}/app:1`)
        expect(inspected?.config.value.config?.Labels).toEqual({ what: 'labels alone' })
        const again = await windlass.pull(`${registry.host}/app:1`).done
        expect(again.status).toBe('up-to-date')
      }
    },
  )
})

describe('an index with entries that cannot be used', () => {
  const platform = { os: 'linux', architecture: 'amd64' }
  const good = { mediaType: mediaTypes.ociManifest, digest: base.manifest.digest, size: base.manifest.size }
  const indexOf =
    (entries: readonly unknown[]) => async (registry: Awaited<ReturnType<Workbench['registry']>>) => {
      await putImage(registry, 'app', 'other', base)
      const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: entries }
      registry.putManifest('app', '1', Buffer.from(JSON.stringify(index)), mediaTypes.ociIndex)
    }
  const blake3 = { ...good, digest: `blake3:${'a'.repeat(64)}`, platform }

  it.each([
    [blake3, 'UNSUPPORTED'],
    [{ ...good, digest: good.digest.toUpperCase(), platform }, 'MANIFEST_INVALID'],
    [{ ...good, mediaType: '', platform }, 'MANIFEST_INVALID'],
    [{ ...good, mediaType: undefined, platform }, 'MANIFEST_INVALID'],
    [{ ...good, size: -1, platform }, 'MANIFEST_INVALID'],
    [{ ...good, platform: {} }, 'MANIFEST_INVALID'],
    [{ ...good, platform: { architecture: 'amd64' } }, 'MANIFEST_INVALID'],
    [null, 'MANIFEST_INVALID'],
  ])('leaves %j out of the choice, and refuses it where it is the one chosen: %s', async (entry, code) => {
    const { image, warnings } = await pulled(indexOf([entry, { ...good, platform }]))
    expect(image?.manifestDigest).toBe(good.digest)
    expect(warnings.join()).toContain('manifests[0]')
    expect(warnings.join()).toContain('the entry is left out')
    const { error } = await pulled(indexOf([entry]))
    expect(error?.code).toBe(code)
    expect(error?.message).toContain('cannot be used: manifests[0]')
  })

  it('says which platforms there are where only others are there', async () => {
    const others = [{ ...blake3, platform: { os: 'linux', architecture: 's390x' } }]
    const { error } = await pulled(indexOf(others))
    expect(error?.code).toBe('PLATFORM_UNMATCHED')
  })

  it('takes a child that has the digest, whatever size and type its entry says, with a warning', async () => {
    for (const change of [
      { size: 3 },
      { mediaType: mediaTypes.dockerManifest },
      { mediaType: mediaTypes.ociIndex },
    ]) {
      const { image, warnings } = await pulled(indexOf([{ ...good, platform, ...change }]))
      expect(image?.manifestDigest).toBe(good.digest)
      expect(warnings.join()).toMatch(/its descriptor (?:states|says) /)
    }
  })

  it('takes what is listed twice once', async () => {
    const { image } = await pulled(
      indexOf([
        { ...good, platform },
        { ...good, platform },
      ]),
    )
    expect(image?.manifestDigest).toBe(good.digest)
  })
})

describe('digests by several algorithms', () => {
  const algorithms = ['sha256', 'sha384', 'sha512'] as const
  it.each(algorithms.flatMap((a) => algorithms.map((b) => [a, b] as const)))(
    'are taken in any mixture: the config by %s, the layer and its diffID by %s',
    async (ofConfig, ofLayer) => {
      const [layer] = base.layers
      const { image, error, store } = await pulled((registry) => {
        const tar = layer!.tar
        const config = buildDocument(mediaTypes.ociConfig, {
          ...parsed.config,
          rootfs: { type: 'layers', diff_ids: [digestOf(tar, ofLayer)] },
        })
        const body = {
          ...parsed.manifest,
          config: {
            ...{ mediaType: mediaTypes.ociConfig, size: config.size },
            digest: registry.putBlob(config.bytes, ofConfig),
          },
          layers: [
            {
              ...{ mediaType: mediaTypes.ociLayerGzip, size: layer!.size },
              digest: registry.putBlob(layer!.bytes, ofLayer),
            },
          ],
        }
        registry.putManifest('app', '1', Buffer.from(JSON.stringify(body)), mediaTypes.ociManifest)
      })
      expect(error).toBeUndefined()
      expect(image?.layers[0]?.diffID).toMatch(new RegExp(`^${ofLayer}:`))
      expect(image?.imageId).toMatch(new RegExp(`^${ofConfig}:`))
      const windlass = await bench.puller({ store })
      const { problems } = await windlass.verify()
      expect(problems).toEqual([])
    },
  )
})

describe('all platforms of an index with entries that cannot be used', () => {
  it('are those that can, and the others are told', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'app', 'other', base)
    const good = { mediaType: mediaTypes.ociManifest, digest: base.manifest.digest, size: base.manifest.size }
    const platform = { os: 'linux', architecture: 'amd64' }
    const other = `sha256:${'b'.repeat(64)}`
    const manifests = [{ ...good, platform }, { ...good, digest: other, mediaType: '', platform }, null]
    const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }
    registry.putManifest('app', '1', Buffer.from(JSON.stringify(index)), mediaTypes.ociIndex)
    const windlass = await bench.puller()
    const { images, leftOut, problems } = await windlass.pullAllPlatforms(`${registry.host}/app:1`).done
    expect(images.map(({ manifestDigest }) => manifestDigest)).toEqual([good.digest])
    expect(leftOut).toEqual([other])
    expect(problems).toEqual([
      'manifests[1].mediaType: expected a media type, got ""',
      'manifests[2]: expected a descriptor, got null',
    ])
  })
})
