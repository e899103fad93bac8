/** Every image that an index leads to, through the indexes inside it. */
import { lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Flow, Scope } from '../../../../lib/flow/index.js'
import { type ImageSource, decideManifest, mediaTypes } from '../../../../lib/image/index.js'
import { defaultLimits } from '../../../../lib/limits.js'
import type { ImageRequest } from '../../../../lib/stages/elements.js'
import { imagesOfIndex } from '../../../../lib/stages/resolve/images-of-index.js'
import { type BuiltDocument, buildImage } from '../../../../lib/testing/images/index.js'
import { document } from '../../../../lib/testing/images/build-image.js'

const platform = { os: 'linux', architecture: 'amd64' }
const image = buildImage({ layers: [], platform }).manifest
const entryOf = ({ mediaType, digest, size }: BuiltDocument, more: object = {}) => ({
  ...{ mediaType, digest, size },
  ...more,
})
const indexOf = (...manifests: object[]) =>
  document(mediaTypes.ociIndex, { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests })

async function walked(root: BuiltDocument, others: readonly BuiltDocument[], indexDepth = 3) {
  const all = new Map<string, BuiltDocument>([root, image, ...others].map((each) => [each.digest, each]))
  const asked: string[] = []
  const source = {
    manifest: async (digest: string) => {
      asked.push(digest)
      const { bytes, mediaType } = all.get(digest)!
      return { bytes, contentType: mediaType, host: 'h' }
    },
  } as unknown as ImageSource
  const limits = { ...defaultLimits, indexDepth }
  const request = {
    name: 'app',
    typed: 'app',
    target: '1',
    source,
    platform,
    limits,
  } as unknown as ImageRequest
  const { bytes, mediaType } = root
  const decided = decideManifest({ bytes, contentType: mediaType, host: 'h', reference: 'app', limits })
  const scope = new Scope()
  const stage = imagesOfIndex({ retry: { attempts: 1, delay: 0, longestRetryAfter: 0 } })
  const resolved = { request, document: decided, trail: [] }
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

  it('are found in as many indexes inside each other as are allowed, and no more', async () => {
    const inner = indexOf(leaf)
    const middle = indexOf(entryOf(inner))
    const root = indexOf(entryOf(middle))
    expect((await walked(root, [inner, middle])).images).toEqual([image.digest])
    await expect(walked(root, [inner, middle], 2)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  it('are told once, and looked at once, wherever they stand', async () => {
    const inner = indexOf(leaf)
    const root = indexOf(entryOf(inner), leaf, entryOf(inner))
    const { images, asked } = await walked(root, [inner])
    expect(images).toEqual([image.digest])
    expect(asked).toEqual([inner.digest])
  })

  it('are not those of entries that are for no platform', async () => {
    const attestation = indexOf(leaf, {
      ...entryOf(document(mediaTypes.ociManifest, { of: 'something' })),
      platform: { os: 'unknown', architecture: 'unknown' },
    })
    const { images, leftOut } = await walked(attestation, [])
    expect(images).toEqual([image.digest])
    expect(leftOut).toHaveLength(1)
  })

  it('are some, or it is told that there are none', async () => {
    await expect(walked(indexOf(), [])).rejects.toMatchObject({ exitCode: expect.any(Number) as number })
  })
})
