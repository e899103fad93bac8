import { describe, expect, it } from 'vitest'
import { type ErrorCode, WindlassError } from '../../../lib/errors.js'
import {
  type Digest,
  type ImageSource,
  cosignTag,
  digestOf,
  mediaTypes,
  referrersTag,
} from '../../../lib/image/index.js'
import { listReferrers } from '../../../lib/referrers/index.js'
import {
  type BuiltArtifact,
  all,
  artifact,
  listUnderTag,
  putArtifact,
  spdx,
} from '../../support/artifacts.js'
import { manifest, withRegistry } from '../../support/with-registry.js'

const subject = digestOf(manifest)
const sbom = artifact(subject, 'an SBOM', { annotations: { made: 'here' } })
const old = artifact(undefined, '{}', {
  artifactType: mediaTypes.ociConfig,
  layerType: 'application/vnd.dev.cosign.simplesigning.v1+json',
})
const options = { reference: 'team/app:1' }

describe('the list of referrers', () => {
  it('has the type and annotations of the manifests, not those of the index', () =>
    withRegistry({}, {}, async ({ registry, repository }) => {
      putArtifact(registry, 'team/app', sbom)
      listUnderTag(registry, 'team/app', referrersTag(subject), [sbom])
      for (const artifactType of [undefined, spdx]) {
        const [found, ...others] = await all(
          listReferrers(repository, subject, { ...options, ...(artifactType && { artifactType }) }),
        )
        expect(others).toEqual([])
        expect(found).toMatchObject({ artifactType: spdx, subject, annotations: { made: 'here' } })
        expect(found!.descriptor).toEqual(sbom.descriptor)
        expect(found!.blobs).toHaveLength(2)
      }
      expect(
        await all(listReferrers(repository, subject, { ...options, artifactType: 'application/x' })),
      ).toEqual([])
    }))

  it('has what cosign stored under its tags', () =>
    withRegistry({}, {}, async ({ registry, repository }) => {
      putArtifact(registry, 'team/app', old, cosignTag(subject, 'sig'))
      expect(await all(listReferrers(repository, subject, options))).toMatchObject([{ cosign: 'sig' }])
      expect(await all(listReferrers(repository, subject, { ...options, cosignTags: ['att'] }))).toEqual([])
    }))

  it('leaves out, with a warning, what refers to another image or cannot be read', () =>
    withRegistry({}, {}, async ({ registry, repository }) => {
      const moved = artifact(digestOf(Buffer.from('another image')), 'moved')
      const lost = artifact(subject, 'lost')
      putArtifact(registry, 'team/app', moved)
      putArtifact(registry, 'team/app', sbom)
      listUnderTag(registry, 'team/app', referrersTag(subject), [moved, lost, sbom])
      const warnings: string[] = []
      const onWarning = (code: string): void => void warnings.push(code)
      const found = await all(listReferrers(repository, subject, { ...options, onWarning }))
      expect(found.map(({ descriptor }) => descriptor.digest)).toEqual([sbom.descriptor.digest])
      expect(warnings).toEqual(['referrer-unreadable', 'referrer-unreadable'])
    }))

  it('ends with LIMIT_EXCEEDED after 500', async () => {
    const many = Array.from({ length: 501 }, (_, n) => artifact(subject, String(n)))
    const atLimit = listing(many.slice(0, 500))
    expect(await all(listReferrers(atLimit.source, subject, options))).toHaveLength(500)
    await expect(all(listReferrers(listing(many).source, subject, options))).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      subject: { reference: 'team/app:1', digest: subject },
    })
  })

  it('has each referrer once, also if the list and a tag name it', async () => {
    const tags = new Map([[cosignTag(subject, 'sbom'), sbom]])
    const { source, read } = listing([sbom, sbom], tags)
    const found = await all(listReferrers(source, subject, options))
    expect(found.map(({ descriptor }) => descriptor.digest)).toEqual([sbom.descriptor.digest])
    expect(read.filter((name) => name === sbom.descriptor.digest)).toHaveLength(1)
    const twice = new Map((['sig', 'att'] as const).map((suffix) => [cosignTag(subject, suffix), old]))
    expect(await all(listReferrers(listing([], twice).source, subject, options))).toHaveLength(1)
  })

  it('has of the tags of cosign only manifests with the artifact type that is wanted', async () => {
    const { bytes } = indexFor(undefined)
    const tags = new Map<string, Pick<BuiltArtifact, 'bytes'>>([
      [cosignTag(subject, 'sig'), old],
      [cosignTag(subject, 'att'), { bytes }],
      [cosignTag(subject, 'sbom'), sbom],
    ])
    const { source } = listing([], tags)
    const found = await all(listReferrers(source, subject, { ...options, artifactType: spdx }))
    expect(found.map(({ cosign }) => cosign)).toEqual(['sbom'])
    const every = await all(listReferrers(source, subject, options))
    expect(every.map(({ cosign }) => cosign).toSorted()).toEqual(['sbom', 'sig'])
  })

  it('has an index without blobs and layers, with the type that the index states', async () => {
    for (const artifactType of [undefined, 'application/x']) {
      const { bytes, digest } = indexFor(subject, artifactType)
      const descriptor = { mediaType: mediaTypes.ociIndex, digest, size: bytes.length }
      const [found] = await all(listReferrers(listing([{ bytes, descriptor }]).source, subject, options))
      expect(found).toMatchObject({
        ...{ subject, artifactType: artifactType ?? mediaTypes.ociIndex },
        ...{ blobs: [], layers: [], annotations: { made: 'there' } },
      })
    }
  })

  it('is empty for a source that lists no referrers and has no tags', async () => {
    const { source } = listing([])
    Reflect.deleteProperty(source, 'referrers')
    expect(await all(listReferrers(source, subject, options))).toEqual([])
  })

  it.each(['MANIFEST_UNKNOWN', 'BLOB_UNKNOWN', 'UNSUPPORTED', 'LIMIT_EXCEEDED', 'DIGEST_MISMATCH'] as const)(
    'leaves out, with a warning, a referrer that fails with %s',
    async (code) => {
      const warnings: string[] = []
      const onWarning = (_: string, message: string): void => void warnings.push(message)
      const source = failing(sbom.descriptor.digest, code)
      expect(await all(listReferrers(source, subject, { ...options, onWarning }))).toEqual([])
      expect(warnings).toEqual(['Left out a referrer of team/app:1: it failed'])
    },
  )

  it.each(['NETWORK', 'UNAUTHORIZED', 'DENIED', 'REGISTRY_UNAVAILABLE'] as const)(
    'fails with the error of the source: %s',
    async (code) => {
      for (const name of [sbom.descriptor.digest, cosignTag(subject, 'att')])
        await expect(all(listReferrers(failing(name, code), subject, options))).rejects.toMatchObject({
          code,
        })
    },
  )

  it('takes a repository that does not exist for one without the tags of cosign', async () => {
    const source = failing(cosignTag(subject, 'sig'), 'NAME_UNKNOWN')
    expect(await all(listReferrers(source, subject, options))).toHaveLength(1)
  })

  it('passes the signal, the artifact type and the limit on to the source', async () => {
    const { source, requests } = listing([sbom])
    const { signal } = new AbortController()
    const [onWarning, onRequest] = [(): void => undefined, (): void => undefined]
    const limits = { manifestBytes: 5000, indexEntries: 10 }
    const settings = { ...options, artifactType: spdx, signal, onWarning, onRequest, limits }
    await all(listReferrers(source, subject, settings))
    const [list, ...manifests] = requests
    expect(list).toEqual({ signal, artifactType: spdx, onWarning, onRequest })
    expect(manifests).toHaveLength(4)
    for (const each of manifests) expect(each).toEqual({ signal, onWarning, onRequest, maxBytes: 5000 })
    const few = { ...options, limits: { manifestBytes: 5000, indexEntries: 0 } }
    const { bytes, digest } = indexFor(subject)
    const index = { bytes, descriptor: { mediaType: mediaTypes.ociIndex, digest, size: bytes.length } }
    expect(await all(listReferrers(listing([index]).source, subject, few))).toEqual([])
  })
})

type Listed = Pick<BuiltArtifact, 'bytes' | 'descriptor'>

/** A source that lists `artifacts`, and the requests that it received. */
function listing(
  artifacts: readonly Listed[],
  tags: ReadonlyMap<string, Pick<BuiltArtifact, 'bytes'>> = new Map(),
) {
  const requests: unknown[] = []
  const read: string[] = []
  const unused = (): never => {
    throw new Error('not expected here')
  }
  const source: ImageSource = {
    ...{ host: 'source.test', identity: unused, blob: unused, blobSize: unused, tags: unused },
    manifest(tagOrDigest, request) {
      requests.push(request)
      read.push(tagOrDigest)
      const found =
        artifacts.find(({ descriptor }) => descriptor.digest === tagOrDigest) ?? tags.get(tagOrDigest)
      if (found === undefined) return Promise.reject(new WindlassError('MANIFEST_UNKNOWN', 'there is none'))
      return Promise.resolve({ bytes: found.bytes, contentType: undefined, host: 'source.test' })
    },
    async *referrers(_digest, request) {
      requests.push(request)
      yield await Promise.resolve(artifacts.map(({ descriptor }) => descriptor))
    },
  }
  return { source, requests, read }
}

/** A source with an SBOM, in which reading `name` fails. */
function failing(name: string, code: ErrorCode): ImageSource {
  const { source } = listing([sbom])
  const manifest: ImageSource['manifest'] = (tagOrDigest, request) =>
    tagOrDigest === name
      ? Promise.reject(new WindlassError(code, 'it failed'))
      : source.manifest(tagOrDigest, request)
  return { ...source, manifest }
}

function indexFor(refersTo: Digest | undefined, artifactType?: string) {
  const index = {
    ...{ schemaVersion: 2, mediaType: mediaTypes.ociIndex, annotations: { made: 'there' } },
    ...(artifactType && { artifactType }),
    manifests: [sbom.descriptor],
    ...(refersTo && { subject: { mediaType: mediaTypes.ociManifest, digest: refersTo, size: 100 } }),
  }
  const bytes = Buffer.from(JSON.stringify(index))
  return { bytes, digest: digestOf(bytes) }
}
