import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import {
  type Digest,
  type ImageSource,
  cosignTag,
  digestOf,
  mediaTypes,
} from '../../../../lib/image/index.js'
import { defaultLimits } from '../../../../lib/limits.js'
import type { ManifestNode } from '../../../../lib/transfer/copy/elements.js'
import { maxCopiedReferrers, referrerNodes } from '../../../../lib/transfer/copy/referrer-nodes.js'
import { type BuiltArtifact, artifact } from '../../../support/artifacts.js'

const image = Buffer.from('{"an": "image"}')
const subject = digestOf(image)
type Listed = Pick<BuiltArtifact, 'bytes' | 'descriptor'>

/** A source with artifacts by their subject, and others under tags. */
function sourceOf(
  bySubject: ReadonlyMap<Digest, readonly Listed[]>,
  tags: ReadonlyMap<string, Listed> = new Map(),
) {
  const asked: string[] = []
  const all = [...bySubject.values()].flat()
  const source = {
    host: 'source.test',
    async *referrers(digest: Digest) {
      yield await Promise.resolve((bySubject.get(digest) ?? []).map(({ descriptor }) => descriptor))
    },
    manifest(tagOrDigest: string) {
      asked.push(tagOrDigest)
      const found = tags.get(tagOrDigest) ?? all.find(({ descriptor }) => descriptor.digest === tagOrDigest)
      return found
        ? Promise.resolve({ bytes: found.bytes, contentType: undefined, host: 'source.test' })
        : Promise.reject(new WindlassError('MANIFEST_UNKNOWN', 'there is none'))
    },
  } as unknown as ImageSource
  return { source, asked }
}

const nodeOf = (bytes: Buffer, mediaType: string = mediaTypes.ociManifest): ManifestNode => ({
  descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length },
  ...{ bytes, height: 0, blobs: [], foreign: [] },
})

async function nodesOf(source: ImageSource, nodes: readonly ManifestNode[] = [nodeOf(image)]) {
  const warnings: string[] = []
  const found = await referrerNodes(source, nodes, {
    ...{ reference: 'app:1', limits: defaultLimits, signal: new AbortController().signal },
    onWarning: (code) => warnings.push(code),
  })
  return { found, warnings, digests: found.map(({ descriptor }) => descriptor.digest) }
}

describe('what belongs to the manifests of a copy', () => {
  it('includes what belongs to that, three levels deep', async () => {
    const chain = [artifact(subject, '0')]
    for (let level = 1; level < 4; level++)
      chain.push(artifact(chain[level - 1]!.descriptor.digest, String(level)))
    const bySubject = new Map(
      chain.map((each, level) => [level === 0 ? subject : chain[level - 1]!.descriptor.digest, [each]]),
    )
    const { source } = sourceOf(bySubject)
    const { digests } = await nodesOf(source)
    expect(digests).toEqual(chain.slice(0, 3).map(({ descriptor }) => descriptor.digest))
  })

  it('has what is under the tags of cosign with its tag, and asks for such tags of images only', async () => {
    const signature = artifact(undefined, 'a signature')
    const sbom = artifact(subject, 'an SBOM')
    const tag = cosignTag(subject, 'sig')
    const { source, asked } = sourceOf(new Map([[subject, [sbom]]]), new Map([[tag, signature]]))
    const { found } = await nodesOf(source)
    expect(found).toMatchObject([
      { descriptor: { digest: sbom.descriptor.digest }, subject, height: 0, foreign: [] },
      { descriptor: { digest: signature.descriptor.digest }, subject, tag },
    ])
    expect(found[0]).not.toHaveProperty('tag')
    expect(found[0]!.blobs).toHaveLength(2)
    expect(
      asked.filter((name) => name.includes('.')).every((name) => name.startsWith(tag.slice(0, 71))),
    ).toBe(true)
  })

  it('belongs also to the images that an index lists, and is there once', async () => {
    const manifests = [{ mediaType: mediaTypes.ociManifest, digest: subject, size: image.length }]
    const index = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests }))
    const sbom = artifact(subject, 'an SBOM')
    const { source } = sourceOf(new Map([[subject, [sbom]]]))
    expect((await nodesOf(source, [nodeOf(index, mediaTypes.ociIndex)])).digests).toEqual([
      sbom.descriptor.digest,
    ])
    const both = await nodesOf(source, [nodeOf(image), nodeOf(index, mediaTypes.ociIndex)])
    expect(both.digests).toEqual([sbom.descriptor.digest])
  })

  it('leaves out indexes, with a warning', async () => {
    const bytes = Buffer.from(
      JSON.stringify({
        ...{ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] },
        subject: { mediaType: mediaTypes.ociManifest, digest: subject, size: image.length },
      }),
    )
    const descriptor = { mediaType: mediaTypes.ociIndex, digest: digestOf(bytes), size: bytes.length }
    const { found, warnings } = await nodesOf(sourceOf(new Map([[subject, [{ bytes, descriptor }]]])).source)
    expect([found, warnings]).toEqual([[], ['referrer-left-out']])
  })

  it('is at most 2000', async () => {
    expect(maxCopiedReferrers).toBe(2_000)
    const images = Array.from({ length: 5 }, (_, n) => Buffer.from(`{"image": ${n}}`))
    const all = images.map((bytes) =>
      Array.from({ length: 400 }, (_, n) => artifact(digestOf(bytes), `${n}`)),
    )
    const bySubject = new Map(images.map((bytes, n) => [digestOf(bytes), all[n]!]))
    const nodes = images.map((bytes) => nodeOf(bytes))
    expect((await nodesOf(sourceOf(bySubject).source, nodes)).found).toHaveLength(2_000)
    bySubject.set(digestOf(images[0]!), [...all[0]!, artifact(digestOf(images[0]!), 'one more')])
    await expect(nodesOf(sourceOf(bySubject).source, nodes)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })
})
