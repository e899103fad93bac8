import { describe, expect, it } from 'vitest'
import {
  type Descriptor,
  type Digest,
  digestOf,
  mediaTypes,
  referrersTag,
} from '../../../../lib/image/index.js'
import { WindlassError } from '../../../../lib/errors.js'
import { defaultLimits } from '../../../../lib/limits.js'
import { LayoutReader } from '../../../../lib/sources/layout/layout-reader.js'
import type { OpenedBlob } from '../../../../lib/sources/local/local-source.js'

const subject = digestOf(Buffer.from('the subject'))
const referrer = Buffer.from(
  JSON.stringify({
    ...{ schemaVersion: 2, mediaType: mediaTypes.ociManifest, layers: [] },
    config: { mediaType: mediaTypes.ociConfig, digest: subject, size: 1 },
    subject: { mediaType: mediaTypes.ociManifest, digest: subject, size: 1 },
  }),
)

/** A layout in memory that knows which of its blobs are open. */
class OpenedLayout extends LayoutReader {
  protected readonly prefix = 'oci:'
  readonly host = '/layout'
  protected readonly indexPath = '/layout/index.json'
  readonly open = new Set<Digest>()
  readonly failures = new Map<Digest, Error>()
  opened = 0

  constructor(
    private readonly manifests: readonly Descriptor[],
    private readonly content: ReadonlyMap<Digest, Buffer>,
  ) {
    super()
  }

  protected readonly files = {
    readIndex: () =>
      Promise.resolve(Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: this.manifests }))),
    openBlob: (digest: Digest): Promise<OpenedBlob> => {
      const failed = this.failures.get(digest)
      if (failed) return Promise.reject(failed)
      this.open.add(digest)
      this.opened++
      const bytes = this.content.get(digest)
      return Promise.resolve({
        size: bytes?.length ?? defaultLimits.manifestBytes + 1,
        read: () => {
          this.open.delete(digest)
          return Promise.resolve(bytes!)
        },
        stream: () => {
          throw new Error('not a manifest')
        },
        close: () => void this.open.delete(digest),
      })
    },
  }
}

async function referrersIn(layout: OpenedLayout): Promise<readonly Descriptor[]> {
  const found: Descriptor[] = []
  for await (const page of layout.referrers(subject)) found.push(...page)
  return found
}

describe('the search for referrers in a layout', () => {
  it('goes on without a manifest that the layout only lists, but not after another error', async () => {
    const found = { mediaType: mediaTypes.ociManifest, digest: digestOf(referrer), size: referrer.length }
    const gone = { ...found, digest: digestOf(Buffer.from('gone')) }
    const layout = new OpenedLayout([gone, found], new Map([[found.digest, referrer]]))
    layout.failures.set(gone.digest, new WindlassError('BLOB_UNKNOWN', 'it is not there'))
    expect(await referrersIn(layout)).toEqual([found])
    layout.failures.set(gone.digest, new Error('EIO'))
    await expect(referrersIn(layout)).rejects.toThrow('EIO')
  })

  it('does not take an image for the list of referrers because of its name', async () => {
    const name = { annotations: { 'org.opencontainers.image.ref.name': referrersTag(subject) } }
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [] }))
    const named = { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), size: bytes.length, ...name }
    expect(await referrersIn(new OpenedLayout([named], new Map([[named.digest, bytes]])))).toEqual([])
  })

  it('closes every manifest, also those that are too large to be read', async () => {
    const found = { mediaType: mediaTypes.ociManifest, digest: digestOf(referrer), size: referrer.length }
    const large = [mediaTypes.ociManifest, mediaTypes.ociIndex].map((mediaType) => ({
      ...{ mediaType, digest: digestOf(Buffer.from(mediaType)), size: defaultLimits.manifestBytes + 1 },
    }))
    const layout = new OpenedLayout([...large, found], new Map([[found.digest, referrer]]))
    const pages: (readonly Descriptor[])[] = []
    for await (const page of layout.referrers(subject)) pages.push(page)
    expect(pages).toMatchObject([[found]])
    expect(layout.opened).toBe(3)
    expect([...layout.open]).toEqual([])
  })
})
