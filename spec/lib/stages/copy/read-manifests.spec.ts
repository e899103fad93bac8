import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import { WorkControl } from '../../../../lib/flow/index.js'
import {
  type Digest,
  type ImageSink,
  type ManifestRequest,
  type ReferrersRequest,
  type SinkRequest,
  digestOf,
  mediaTypes,
  parseManifest,
} from '../../../../lib/image/index.js'
import { defaultLimits } from '../../../../lib/limits.js'
import { readManifests } from '../../../../lib/stages/index.js'
import { type BuiltDocument, buildImage } from '../../../../lib/testing/images/index.js'
import { buildDocument } from '../../../../lib/testing/images/build-image.js'
import { runStage } from '../../../support/run-stage.js'

const platform = { os: 'linux', architecture: 'amd64' }
const image = buildImage({ layers: [{ entries: [{ path: 'a', content: 'a' }] }], platform })
const other = buildImage({ layers: [], platform: { ...platform, architecture: 'arm64' } })
const entryOf = ({ mediaType, digest, size }: BuiltDocument, more: object = {}) => ({
  ...{ mediaType, digest, size },
  ...more,
})
const indexOf = (...manifests: object[]) =>
  buildDocument(mediaTypes.ociIndex, { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests })

interface Options {
  readonly documents?: readonly BuiltDocument[]
  readonly source?: object
  readonly sink?: Partial<ImageSink>
  readonly target?: object
  readonly request?: object
  readonly referrers?: boolean
  readonly attempts?: number
}

/** Reads a copy of `root`, and returns the plan and the events. */
async function read(
  root: BuiltDocument,
  { documents = [], source, sink, target, request, referrers = false, attempts = 1 }: Options = {},
) {
  const all = new Map([image.manifest, other.manifest, ...documents].map((each) => [each.digest, each]))
  const from = {
    host: 'source',
    manifest: async (digest: Digest) => {
      const found = all.get(digest)
      if (found === undefined) throw new WindlassError('MANIFEST_UNKNOWN', 'not here')
      return { bytes: found.bytes, contentType: found.mediaType, host: 'source' }
    },
    ...source,
  }
  const document = parseManifest({
    ...{ bytes: root.bytes, contentType: root.mediaType, host: 'source', reference: 'app' },
  })
  const stage = readManifests({
    ...{ retry: { attempts, delay: 0, longestRetryAfter: 0 }, referrers },
    target: {
      ...{ name: 'target/app:1', tag: '1', ...target },
      sink: { host: 'target', resolve: async () => undefined, ...sink } as unknown as ImageSink,
    },
  })
  const { outputs, events } = await runStage(stage, {
    request: { name: 'app', typed: 'app', target: '1', source: from, platform, ...request },
    ...{ document, parentIndexes: [] },
  } as never)
  return { plan: outputs[0]!, events }
}

describe('the plan of a copy', () => {
  it('has the root last, and every blob once, which it reports', async () => {
    const index = indexOf(entryOf(image.manifest), entryOf(other.manifest), entryOf(image.manifest))
    const { plan, events } = await read(index)
    expect(plan.root.descriptor.digest).toBe(index.digest)
    expect(plan.manifests.map(({ descriptor }) => descriptor.digest)).toEqual([
      ...[image.manifest.digest, other.manifest.digest],
    ])
    const blobs = [image.config, ...image.layers, other.config]
    expect(plan.blobs.map(({ digest }) => digest)).toEqual(blobs.map(({ digest }) => digest))
    const total = blobs.reduce((sum, { size }) => sum + size, 0)
    expect(events).toEqual([
      {
        ...{ type: 'plan', bytes: { total, toDownload: total } },
        layers: blobs.map(({ digest, size }) => ({ digest, size, action: 'copy', offset: 0 })),
      },
    ])
  })

  it('knows whether the tag refers to the same image already', async () => {
    const wasTagged = async (digest: Digest | undefined, tag?: string) =>
      (await read(image.manifest, { target: { tag }, sink: { resolve: async () => digest } })).plan.wasTagged
    expect(await wasTagged(image.manifest.digest, '1')).toBe(true)
    expect(await wasTagged(other.manifest.digest, '1')).toBe(false)
    expect(await wasTagged(undefined, '1')).toBe(false)
    expect(await wasTagged(image.manifest.digest)).toBe(false)
  })

  it('is refused if the name of the target states another digest', async () => {
    await read(image.manifest, { target: { digest: image.manifest.digest } })
    await expect(read(image.manifest, { target: { digest: other.manifest.digest } })).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      subject: { reference: 'target/app:1', digest: image.manifest.digest },
    })
  })

  it('is refused if the target cannot hold one of the manifests', async () => {
    const index = indexOf(entryOf(image.manifest), entryOf(other.manifest))
    for (const refused of [index, image.manifest]) {
      const checkManifest: ImageSink['checkManifest'] = (_, { digest }) => {
        if (digest === refused.digest) throw new WindlassError('UNSUPPORTED', 'no')
      }
      await expect(read(index, { sink: { checkManifest } })).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    }
  })

  it('has the control of the pull', async () => {
    const control = new WorkControl()
    expect((await read(image.manifest, { request: { control } })).plan.control).toBe(control)
    expect((await read(image.manifest)).plan).not.toHaveProperty('control')
  })

  it('keeps to the limits of the pull', async () => {
    const index = indexOf(entryOf(indexOf(entryOf(image.manifest))))
    const limits = { ...defaultLimits, indexDepth: 1 }
    await expect(
      read(index, { documents: [indexOf(entryOf(image.manifest))], request: { limits } }),
    ).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  it('is made again after a temporary failure', async () => {
    let failures = 1
    const resolve: ImageSink['resolve'] = async () => {
      if (failures-- > 0) throw new WindlassError('REGISTRY_UNAVAILABLE', 'not now')
      return undefined
    }
    expect((await read(image.manifest, { sink: { resolve }, attempts: 2 })).plan.wasTagged).toBe(false)
  })
})

describe('an image that the target has', () => {
  const index = indexOf(entryOf(image.manifest), entryOf(other.manifest))

  it('is left out, and no index is asked for', async () => {
    const asked: Digest[] = []
    const hasImage: ImageSink['hasImage'] = async ({ digest }) => {
      asked.push(digest)
      return digest === image.manifest.digest
    }
    const { plan } = await read(indexOf(entryOf(index)), { documents: [index], sink: { hasImage } })
    expect(plan.manifests.map(({ descriptor }) => descriptor.digest)).toEqual([
      ...[other.manifest.digest, index.digest],
    ])
    expect(plan.blobs.map(({ digest }) => digest)).toEqual([other.config.digest])
    expect(asked.toSorted()).toEqual([image.manifest.digest, other.manifest.digest].toSorted())
  })

  it('is not asked for if the tag refers to it', async () => {
    const asked: Digest[] = []
    const hasImage: ImageSink['hasImage'] = async ({ digest }) => asked.push(digest) === 0
    const resolve = async () => image.manifest.digest
    const { plan } = await read(index, { sink: { hasImage, resolve } })
    expect(asked).toEqual([other.manifest.digest])
    expect(plan.manifests.map(({ descriptor }) => descriptor.digest)).toEqual([other.manifest.digest])
  })

  it('of schema 1 is left out as well', async () => {
    const schema1 = { ...entryOf(other.manifest), mediaType: mediaTypes.dockerSchema1 }
    const asked: Digest[] = []
    const hasImage: ImageSink['hasImage'] = async ({ digest }) => asked.push(digest) > 0
    const { plan } = await read(indexOf(schema1), { sink: { hasImage } })
    expect(asked).toEqual([other.manifest.digest])
    expect(plan.manifests).toEqual([])
  })
})

describe('the warnings of a copy', () => {
  it('name the first entry that cannot be copied, and the number of the others, in all indexes', async () => {
    const broken = (size: number) => ({ ...entryOf(image.manifest), size })
    const inner = indexOf(entryOf(image.manifest), broken(-2))
    const documents = [inner]
    const warningsOf = async (root: BuiltDocument) =>
      (await read(root, { documents })).events
        .map((event) => event as { readonly type: string; readonly message?: string })
        .filter(({ type }) => type === 'warning')
        .map(({ message }) => message)
    expect(await warningsOf(indexOf(entryOf(inner)))).toEqual([
      expect.stringMatching(/^Entries of the index of app cannot be copied: manifests\[1\]\.size: .*got -2$/),
    ])
    expect(await warningsOf(indexOf(broken(-1), entryOf(inner)))).toEqual([
      expect.stringMatching(/manifests\[0\]\.size: .*got -1, and 1 more$/),
    ])
  })

  it('count the layers that only their publisher distributes, each once', async () => {
    const foreign = (text: string) => ({
      ...{ mediaType: mediaTypes.ociForeignLayerGzip, digest: digestOf(Buffer.from(text)), size: 1 },
      urls: [`https://publisher.example/${text}`],
    })
    const manifestOf = (...layers: object[]) =>
      buildDocument(mediaTypes.ociManifest, {
        ...{ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: entryOf(image.config), layers },
      })
    const [one, two] = [manifestOf(foreign('a')), manifestOf(foreign('a'), foreign('b'))]
    const options = { documents: [one, two] }
    const { events, plan } = await read(indexOf(entryOf(one), entryOf(two)), options)
    expect(events).toContainEqual({
      ...{ type: 'warning', code: 'foreign-layers-left-out', digest: foreign('a').digest },
      message:
        'Not copied of app: 2 layers that pullers take from the URLs of their publisher, such as https://publisher.example/a',
    })
    expect(plan.blobs.map(({ digest }) => digest)).toEqual([image.config.digest])
    expect((await read(one)).events).toContainEqual(
      expect.objectContaining({
        message: expect.stringContaining('Not copied of app: 1 layer that') as string,
      }),
    )
  })

  it('include those of the source and of the target', async () => {
    const warn = (from: string, { onWarning }: Pick<SinkRequest, 'onWarning'> = {}) => onWarning?.(from, from)
    const options: Options = {
      source: {
        manifest: async (_: string, request: ManifestRequest) => {
          warn('manifest', request)
          return { bytes: image.manifest.bytes, contentType: image.manifest.mediaType, host: 'source' }
        },
        // eslint-disable-next-line require-yield -- an image without referrers
        async *referrers(_: Digest, request: ReferrersRequest) {
          warn('referrers', request)
        },
        tags: async function* () {
          yield []
        },
      },
      sink: {
        resolve: async (_, request) => {
          warn('resolve', request)
          return undefined
        },
        hasImage: async (_, request) => {
          warn('has', request)
          return false
        },
      },
    }
    const codesOf = async (more: Options = {}) =>
      (await read(indexOf(entryOf(image.manifest)), { ...options, ...more })).events
        .map((event) => (event as { readonly code?: string }).code)
        .filter((code) => code !== undefined)
    expect(await codesOf()).toEqual(['resolve', 'has', 'manifest'])
    expect(await codesOf({ referrers: true })).toContain('referrers')
  })
})

describe('the referrers of a copy', () => {
  it('are read only if they are wanted, and their blobs are copied', async () => {
    const signature = buildDocument(mediaTypes.ociManifest, {
      ...{ schemaVersion: 2, mediaType: mediaTypes.ociManifest, artifactType: 'application/vnd.example' },
      ...{ config: entryOf(other.config), layers: [], subject: entryOf(image.manifest) },
    })
    const options: Options = {
      documents: [signature],
      source: {
        async *referrers(digest: Digest) {
          if (digest === image.manifest.digest)
            yield [entryOf(signature, { artifactType: 'application/vnd.example' })]
        },
      },
    }
    const { plan } = await read(image.manifest, { ...options, referrers: true })
    expect(plan.referrers?.map(({ descriptor }) => descriptor.digest)).toEqual([signature.digest])
    expect(plan.blobs.map(({ digest }) => digest)).toContain(other.config.digest)
    expect((await read(image.manifest, options)).plan.referrers).toBeUndefined()
  })
})
