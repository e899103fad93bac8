import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../lib/errors.js'
import {
  type Digest,
  type ImageSink,
  type ImageSource,
  cosignTag,
  digestOf,
  mediaTypes,
} from '../../../lib/image/index.js'
import type { ImageRequest } from '../../../lib/stages/index.js'
import { buildImage, buildIndex } from '../../../lib/testing/images/index.js'
import { lacksReferrers } from '../../../pipelines/sync/lacks-referrers.js'
import type { SyncPlaces } from '../../../pipelines/sync/sync-places.js'

const image = buildImage({ layers: [] })
const index = buildIndex([image])
const referrer = (text: string) => ({
  ...{ mediaType: mediaTypes.ociManifest, digest: digestOf(Buffer.from(text)), size: 1 },
})
const [signature, sbom] = [referrer('signature'), referrer('sbom')]
const places = { retry: { attempts: 1, delay: 0, longestRetryAfter: 0 } } as SyncPlaces

interface Sides {
  /** The referrers that the source lists, by subject. */
  readonly listed?: readonly (readonly [Digest, readonly ReturnType<typeof referrer>[]])[]
  readonly present?: readonly Digest[]
  /** Tags of the source and of the target. */
  readonly tags?: Readonly<Record<string, Digest>>
  readonly targetTags?: Readonly<Record<string, Digest>>
  readonly isLayout?: boolean
  readonly headError?: string
}

function lacks(
  of: typeof image | typeof index,
  { listed = [], present = [], tags = {}, targetTags = {}, isLayout = false, headError }: Sides,
): Promise<boolean> {
  const source = {
    host: 'source',
    manifest: async () => ({ bytes: index.manifest.bytes, contentType: index.manifest.mediaType, host: 'x' }),
    async *referrers(subject: Digest) {
      for (const each of listed.find(([digest]) => digest === subject)?.[1] ?? []) yield [each]
    },
    ...(!isLayout && {
      head: async (tag: string) => {
        const digest = tags[tag]
        if (digest === undefined) throw new WindlassError((headError ?? 'MANIFEST_UNKNOWN') as never, 'no')
        return { digest }
      },
    }),
  } as unknown as ImageSource
  const has = async ({ digest }: { readonly digest: Digest }) => present.includes(digest)
  const sink = {
    ...(isLayout ? { hasBlob: has } : { hasImage: has, hasBlob: async () => true }),
    resolve: async (tag: string) => targetTags[tag],
  } as unknown as ImageSink
  const request = { source, name: 'example.com/app:1' } as unknown as ImageRequest
  const { digest, mediaType } = of.manifest
  return lacksReferrers({ digest, mediaType }, request, sink, places, new AbortController().signal)
}

describe('what belongs to an image that both sides have', () => {
  const subject = image.manifest.digest

  it('is complete if the target has every referrer that the source lists', async () => {
    expect(await lacks(image, {})).toBe(false)
    const listed = [[subject, [signature, sbom]]] as const
    expect(await lacks(image, { listed, present: [signature.digest, sbom.digest] })).toBe(false)
    expect(await lacks(image, { listed, present: [signature.digest] })).toBe(true)
  })

  it('is looked for at every image of an index', async () => {
    const listed = [[subject, [signature]]] as const
    expect(await lacks(index, { listed })).toBe(true)
    expect(await lacks(index, { listed, present: [signature.digest] })).toBe(false)
  })

  it('is in a layout if that has its manifest', async () => {
    const listed = [[subject, [signature]]] as const
    expect(await lacks(image, { listed, isLayout: true })).toBe(true)
    expect(await lacks(image, { listed, isLayout: true, present: [signature.digest] })).toBe(false)
  })

  it('includes the tags of cosign, which must lead to the same manifests', async () => {
    for (const suffix of ['sig', 'att', 'sbom'] as const) {
      const tag = cosignTag(subject, suffix)
      const tags = { [tag]: signature.digest }
      expect(await lacks(image, { tags })).toBe(true)
      expect(await lacks(image, { tags, targetTags: { [tag]: sbom.digest } })).toBe(true)
      expect(await lacks(image, { tags, targetTags: tags })).toBe(false)
    }
  })

  it('is unknown if the source fails', async () => {
    await expect(lacks(image, { headError: 'DENIED' })).rejects.toMatchObject({ code: 'DENIED' })
  })
})
