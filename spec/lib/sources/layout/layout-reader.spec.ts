import { describe, expect, it } from 'vitest'
import { type Descriptor, type Digest, digestOf, mediaTypes } from '../../../../lib/image/index.js'
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

describe('the search for referrers in a layout', () => {
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
