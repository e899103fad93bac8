import { describe, expect, it } from 'vitest'
import { type Digest, digestOf, mediaTypes } from '../../../lib/image/index.js'
import { attachedAmong, contentsOf } from '../../../server/registry/repository-contents.js'

/** Documents in memory, by their digests, with the digests that were read. */
function filesOf() {
  const stored = new Map<Digest, Buffer>()
  const reads: Digest[] = []
  const put = (value: object): Digest => {
    const bytes = Buffer.from(JSON.stringify(value))
    const digest = digestOf(bytes)
    stored.set(digest, bytes)
    return digest
  }
  const document = (digest: Digest) => {
    reads.push(digest)
    const bytes = stored.get(digest)
    return Promise.resolve(bytes && { bytes, value: JSON.parse(bytes.toString()) as object })
  }
  return { put, reads, stored, files: { document } as never }
}
const blob = (name: string) => ({ mediaType: 'a/blob', digest: digestOf(Buffer.from(name)), size: 1 })
const manifest = (name: string, more: object = {}) => ({
  ...{ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: blob(`config of ${name}`) },
  layers: [blob(`layer of ${name}`)],
  ...more,
})
const link = (digest: Digest, mediaType: string = mediaTypes.ociManifest) => ({ mediaType, digest, size: 1 })
const index = (...digests: Digest[]) => ({
  ...{ schemaVersion: 2, mediaType: mediaTypes.ociIndex },
  manifests: digests.map((digest) => link(digest)),
})
const image = (digest: Digest, mediaType: string, root?: Digest, rootMediaType?: string) =>
  ({ descriptor: { digest, mediaType, size: 1 }, rootDigest: root, rootMediaType }) as never
const repository = (tags: Record<string, never>) => ({
  tags: new Map(Object.entries(tags)),
  images: Object.values(tags),
})

describe('the contents of a repository', () => {
  it('are what its names lead to: the index, all of its manifests that are stored, their configs and layers', async () => {
    const { put, files } = filesOf()
    const [one, two] = [put(manifest('one')), put(manifest('two'))]
    const missing = digestOf(Buffer.from('missing'))
    const root = put(index(one, two, missing))
    const tagged = image(one, mediaTypes.ociManifest, root, mediaTypes.ociIndex)
    const { manifests, blobs, tags } = await contentsOf(repository({ '1': tagged }), files, [])
    expect([...manifests.keys()].sort()).toEqual([one, two, root].sort())
    const others = ['one', 'two'].flatMap((name) => [blob(`config of ${name}`), blob(`layer of ${name}`)])
    expect([...blobs].sort()).toEqual([one, two, root, missing, ...others.map(({ digest }) => digest)].sort())
    // The index first, then the image that was selected from it.
    expect(tags.get('1')!.map(({ digest }) => digest)).toEqual([root, one])
  })

  it('have for a tag the image before the schema 1 manifest that it was made from', async () => {
    const { put, files } = filesOf()
    const made = put(manifest('made'))
    const old = put({ schemaVersion: 1, fsLayers: [], signatures: [] })
    const tagged = image(made, mediaTypes.ociManifest, old)
    const { tags, manifests } = await contentsOf(repository({ '1': tagged }), files, [])
    expect(tags.get('1')!.map(({ digest }) => digest)).toEqual([made, old])
    expect(manifests.get(old)!.mediaType).toBe(mediaTypes.dockerSchema1Signed)
  })

  it('have no tag whose manifests are missing, and each manifest of a tag once', async () => {
    const { put, files } = filesOf()
    const one = put(manifest('one'))
    const missing = image(digestOf(Buffer.from('missing')), mediaTypes.ociManifest)
    const { tags } = await contentsOf(
      repository({ '1': image(one, mediaTypes.ociManifest, one), '2': missing }),
      files,
      [],
    )
    expect([...tags.keys()]).toEqual(['1'])
    expect(tags.get('1')).toHaveLength(1)
  })

  it('read a manifest that several names lead to once', async () => {
    const { put, files, reads } = filesOf()
    const one = put(manifest('one'))
    const both = { '1': image(one, mediaTypes.ociManifest), '2': image(one, mediaTypes.ociManifest) }
    await contentsOf(repository(both), files, [])
    expect(reads.filter((digest) => digest === one)).toHaveLength(1)
  })

  it.each([
    [{}, mediaTypes.ociManifest],
    [{ manifests: [] }, mediaTypes.ociIndex],
    [{ schemaVersion: 1, fsLayers: [] }, mediaTypes.dockerSchema1],
    [{ schemaVersion: 1, fsLayers: [], signatures: [] }, mediaTypes.dockerSchema1Signed],
    [{ mediaType: 'application/vnd.docker.distribution.manifest.v2+json' }, undefined],
  ])('have the type that a manifest names, the list, or its shape: %j', async (document, type) => {
    const { put, files } = filesOf()
    const named = put(document)
    const listedType = 'application/vnd.oci.image.manifest.v1+json; charset=utf-8'
    const all = await contentsOf(repository({ '1': image(named, '') }), files, [])
    expect(all.manifests.get(named)!.mediaType).toBe(
      type ?? 'application/vnd.docker.distribution.manifest.v2+json',
    )
    const other = await contentsOf(repository({ '1': image(named, listedType) }), files, [])
    expect(other.manifests.get(named)!.mediaType).toBe(
      type === undefined
        ? 'application/vnd.docker.distribution.manifest.v2+json'
        : 'application/vnd.oci.image.manifest.v1+json',
    )
  })
})

describe('what is attached', () => {
  it('belongs to the repository of its subject, also what is attached to something attached', async () => {
    const { put, files } = filesOf()
    const one = put(manifest('one'))
    const sbom = put(
      manifest('sbom', { subject: link(one), artifactType: 'a/sbom', annotations: { a: 'b' } }),
    )
    const signature = put(manifest('signature', { subject: link(sbom) }))
    const foreign = put(manifest('foreign', { subject: link(digestOf(Buffer.from('another'))) }))
    const unnamed = [
      foreign,
      signature,
      sbom,
      put({ subject: { digest: 'no digest' } }),
      put(manifest('plain')),
    ]
    const attached = await attachedAmong([...unnamed, digestOf(Buffer.from('missing'))], files)
    expect(attached).toEqual([
      { digest: foreign, subject: digestOf(Buffer.from('another')) },
      { digest: signature, subject: sbom },
      { digest: sbom, subject: one },
    ])
    const tagged = repository({ '1': image(one, mediaTypes.ociManifest) })
    const { manifests, blobs } = await contentsOf(tagged, files, attached)
    expect([...manifests.keys()]).toEqual([one, sbom, signature])
    expect(manifests.get(sbom)).toMatchObject({
      ...{ subject: one, artifactType: 'a/sbom', annotations: { a: 'b' } },
    })
    // The type of an image manifest without one is that of its config.
    expect(manifests.get(signature)).toMatchObject({ artifactType: 'a/blob' })
    expect(blobs.has(blob('layer of signature').digest)).toBe(true)
  })
})
