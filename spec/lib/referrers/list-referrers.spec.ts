import { describe, expect, it } from 'vitest'
import { cosignTag, digestOf, mediaTypes, referrersTag } from '../../../lib/image/index.js'
import { listReferrers } from '../../../lib/referrers/index.js'
import { all, artifact, listUnderTag, putArtifact, spdx } from '../../support/artifacts.js'
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

  it('ends with LIMIT_EXCEEDED after 500', () =>
    withRegistry({}, {}, async ({ registry, repository }) => {
      const many = Array.from({ length: 501 }, (_, n) => artifact(subject, String(n)))
      for (const each of many) putArtifact(registry, 'team/app', each)
      listUnderTag(registry, 'team/app', referrersTag(subject), many)
      await expect(all(listReferrers(repository, subject, options))).rejects.toMatchObject({
        code: 'LIMIT_EXCEEDED',
      })
    }))
})
