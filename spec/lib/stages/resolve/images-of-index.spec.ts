/** All images of an index, including those of nested indexes. */
import { Readable } from 'node:stream'
import { lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import { Flow, Scope } from '../../../../lib/flow/index.js'
import {
  type Digest,
  type ImageSource,
  type ManifestRequest,
  type Platform,
  parseManifest,
  digestOf,
  mediaTypes,
} from '../../../../lib/image/index.js'
import { type Limits, defaultLimits } from '../../../../lib/limits.js'
import type { ImageRequest } from '../../../../lib/stages/elements.js'
import { imagesOfIndex, maxIndexedImages } from '../../../../lib/stages/resolve/images-of-index.js'
import { type BuiltDocument, buildImage } from '../../../../lib/testing/images/index.js'
import { buildDocument } from '../../../../lib/testing/images/build-image.js'
import { runStage } from '../../../support/run-stage.js'

const platform = { os: 'linux', architecture: 'amd64' }
const image = buildImage({ layers: [], platform }).manifest
const entryOf = ({ mediaType, digest, size }: BuiltDocument, more: object = {}) => ({
  ...{ mediaType, digest, size },
  ...more,
})
const indexOf = (...manifests: object[]) =>
  buildDocument(mediaTypes.ociIndex, { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests })

async function walked(
  root: BuiltDocument,
  others: readonly BuiltDocument[],
  { rootDigest, ...changed }: Partial<Limits> & { rootDigest?: Digest } = { indexDepth: 3 },
) {
  const all = new Map<string, BuiltDocument>([root, image, ...others].map((each) => [each.digest, each]))
  const asked: string[] = []
  const source = {
    manifest: async (digest: string) => {
      asked.push(digest)
      const { bytes, mediaType } = all.get(digest)!
      return { bytes, contentType: mediaType, host: 'h' }
    },
  } as unknown as ImageSource
  const limits = { ...defaultLimits, ...changed }
  const request = {
    name: 'app',
    typed: 'app',
    target: '1',
    source,
    platform,
    limits,
  } as unknown as ImageRequest
  const { bytes, mediaType } = root
  const decided = parseManifest({ bytes, contentType: mediaType, host: 'h', reference: 'app', limits })
  const scope = new Scope()
  const stage = imagesOfIndex({ retry: { attempts: 1, delay: 0, longestRetryAfter: 0 } })
  const descriptor = { ...decided.descriptor, ...(rootDigest && { digest: rootDigest }) }
  const resolved = { request, document: { ...decided, descriptor }, parentIndexes: [] }
  try {
    const found = await lastValueFrom(
      Flow.of(resolved as never)
        .pipe(stage)
        .toObservable(scope),
    )
    return { images: found.images.map(({ descriptor }) => descriptor.digest), leftOut: found.leftOut, asked }
  } finally {
    await scope.close()
  }
}

describe('the images of an index', () => {
  const leaf = entryOf(image, { platform })

  it('are found in nested indexes up to the limit of the depth', async () => {
    const inner = indexOf(leaf)
    const middle = indexOf(entryOf(inner))
    const root = indexOf(entryOf(middle))
    expect((await walked(root, [inner, middle])).images).toEqual([image.digest])
    await expect(walked(root, [inner, middle], { indexDepth: 2 })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      subject: { reference: 'app', digest: image.digest },
    })
  })

  it('are at most a thousand, including the indexes', async () => {
    const leaves = (count: number) =>
      Array.from({ length: count }, (_, at) => ({ ...leaf, digest: digestOf(Buffer.from(String(at))) }))
    expect((await walked(indexOf(...leaves(maxIndexedImages - 1)), [])).images).toHaveLength(999)
    await expect(walked(indexOf(...leaves(maxIndexedImages)), [])).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringMatching(
        /^Failed to read the indexes, manifests and configs of app: sha256:\w+ exceeds the maximum of 1,000 documents$/,
      ) as string,
    })
  })

  it('are rejected if all indexes together exceed sixteen times the limit of a manifest', async () => {
    const manifestBytes = 10_000
    const inner = Array.from({ length: 16 }, (_, at) =>
      indexOf({ ...leaf, annotations: { filler: `${at} ${'x'.repeat(9_600)}` } }),
    )
    const root = indexOf(...inner.map((each) => entryOf(each)))
    expect(root.size).toBeLessThan(manifestBytes)
    const some = indexOf(...inner.slice(1).map((each) => entryOf(each)))
    expect((await walked(some, inner, { manifestBytes })).images).toEqual([image.digest])
    await expect(walked(root, inner, { manifestBytes })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: `Failed to read the indexes, manifests and configs of app: ${inner.at(-1)?.digest} exceeds the maximum of 160,000 bytes`,
      subject: { digest: inner.at(-1)?.digest },
    })
  })

  it('are rejected if an index contains itself', async () => {
    const digest = digestOf(Buffer.from('no real index can contain its own digest'))
    const inner = indexOf(leaf, { ...entryOf(indexOf()), digest })
    await expect(walked(indexOf(entryOf(inner)), [inner], { rootDigest: digest })).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
      message: `The index of app contains itself: ${digest} is inside ${digest}`,
    })
  })

  it('are listed once and read once, however often they occur', async () => {
    const inner = indexOf(leaf)
    const root = indexOf(entryOf(inner), leaf, entryOf(inner))
    const { images, asked } = await walked(root, [inner])
    expect(images).toEqual([image.digest])
    expect(asked).toEqual([inner.digest])
  })

  it('do not include entries that are for no platform', async () => {
    const attestation = indexOf(leaf, {
      ...entryOf(buildDocument(mediaTypes.ociManifest, { of: 'something' })),
      platform: { os: 'unknown', architecture: 'unknown' },
    })
    const { images, leftOut } = await walked(attestation, [])
    expect(images).toEqual([image.digest])
    expect(leftOut).toHaveLength(1)
  })

  it('do not include entries that cannot be used, which are left out', async () => {
    const digest = digestOf(Buffer.from('an entry without a valid size'))
    const { images, leftOut } = await walked(indexOf(leaf, { ...leaf, digest, size: -1 }), [])
    expect(images).toEqual([image.digest])
    expect(leftOut).toEqual([digest])
  })

  it('must not be none', async () => {
    await expect(walked(indexOf(), [])).rejects.toMatchObject({ exitCode: expect.any(Number) as number })
  })
})

describe('the list of the images of an index', () => {
  const report = { method: 'GET', url: 'https://h/v2/', role: 'registry', duration: 1, received: 2 } as const
  const { config } = buildImage({ layers: [], platform: { os: 'linux', architecture: 's390x' } })
  const unlisted = buildImage({ layers: [], platform: { os: 'linux', architecture: 's390x' } }).manifest
  interface Options {
    readonly attempts?: number
    /** Failures before the first manifest is sent. */
    readonly failures?: number
    readonly wanted?: Platform
    readonly onSignal?: (signal: AbortSignal | undefined) => void
  }

  async function listed(
    root: BuiltDocument,
    others: readonly BuiltDocument[],
    { attempts = 1, failures = 0, wanted = platform, onSignal }: Options = {},
  ) {
    const all = new Map<string, BuiltDocument>(
      [image, unlisted, ...others].map((each) => [each.digest, each]),
    )
    let left = failures
    const source = {
      host: 'h',
      manifest: async (digest: string, { onRequest, signal }: ManifestRequest) => {
        onRequest?.(report)
        onSignal?.(signal)
        if (left-- > 0) throw new WindlassError('REGISTRY_UNAVAILABLE', 'not now')
        const { bytes, mediaType } = all.get(digest)!
        return { bytes, contentType: mediaType, host: 'mirror.h' }
      },
      blob: async () => ({ stream: Readable.from([config.bytes]) }),
    }
    const { bytes, mediaType } = root
    const document = parseManifest({ bytes, contentType: mediaType, host: 'h', reference: 'app' })
    const request = { name: 'app', typed: 'app', target: '1', source, platform: wanted }
    const stage = imagesOfIndex({ retry: { attempts, delay: 0, longestRetryAfter: 0 } })
    const { outputs, events } = await runStage(stage, { request, document, parentIndexes: [] } as never)
    return { ...outputs[0]!, events }
  }
  const leaf = entryOf(image, { platform })

  it('has all indexes that lead to an image, outermost first, and each index once', async () => {
    const inner = indexOf(leaf)
    const middle = indexOf(entryOf(inner))
    const root = indexOf(entryOf(middle))
    const { images, indexes } = await listed(root, [middle, inner])
    const digests = [root, middle, inner].map(({ digest }) => digest)
    expect(images[0]?.parentIndexes.map(({ descriptor }) => descriptor.digest)).toEqual(digests)
    expect(indexes.map(({ descriptor }) => descriptor.digest)).toEqual(digests)
  })

  it.each([
    ['no platform', {}],
    ['an empty system', { platform: { os: '', architecture: '' } }],
  ])('has the platform of the config if the entry states %s', async (_, more) => {
    const wanted = { os: '', architecture: '' }
    const { images } = await listed(indexOf(entryOf(unlisted, more)), [], { wanted })
    expect(images.map(({ descriptor }) => descriptor.platform)).toEqual([
      { os: 'linux', architecture: 's390x' },
    ])
  })

  it('leaves out an entry without a platform whose config is not that of an image', async () => {
    const chart = buildDocument(mediaTypes.ociManifest, {
      ...{ schemaVersion: 2, mediaType: mediaTypes.ociManifest, layers: [] },
      config: { ...entryOf(image), mediaType: 'application/vnd.cncf.helm.config.v1+json' },
    })
    const { images, leftOut } = await listed(indexOf(leaf, entryOf(chart)), [chart])
    expect(images).toHaveLength(1)
    expect(leftOut).toEqual([chart.digest])
  })

  it('reports the requests for nested indexes, and what is irregular in them', async () => {
    const inner = buildDocument(mediaTypes.ociIndex, {
      ...{ schemaVersion: 2, mediaType: mediaTypes.ociIndex, annotations: { a: 7 } },
      manifests: [leaf, { ...leaf, size: -1 }],
    })
    const root = indexOf(entryOf(inner), { ...leaf, size: -2 })
    const { events, problems } = await listed(root, [inner])
    expect(events).toEqual([
      { type: 'request', ...report, digest: inner.digest },
      expect.objectContaining({
        ...{ type: 'warning', code: 'document-unclear', digest: inner.digest },
        message: expect.stringContaining('The index of app from mirror.h is accepted') as string,
      }),
    ])
    expect(problems).toEqual([
      expect.stringContaining('got -2') as string,
      expect.stringContaining('got -1') as string,
    ])
  })

  it('requests a nested index with the signal of the run, and again after a temporary failure', async () => {
    const inner = indexOf(leaf)
    const signals: (AbortSignal | undefined)[] = []
    const { images } = await listed(indexOf(entryOf(inner)), [inner], {
      ...{ attempts: 2, failures: 1 },
      onSignal: (signal) => signals.push(signal),
    })
    expect(images).toHaveLength(1)
    expect(signals).toEqual([expect.any(AbortSignal), expect.any(AbortSignal)])
  })

  it('fails as an artifact if it has only artifacts, otherwise for want of a platform', async () => {
    const chart = { ...leaf, artifactType: 'application/vnd.cncf.helm.config.v1+json' }
    await expect(listed(indexOf(chart), [])).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    await expect(listed(indexOf(), [])).rejects.toMatchObject({ code: 'PLATFORM_UNMATCHED' })
  })
})
