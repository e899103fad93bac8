import { describe, expect, it } from 'vitest'
import type { WindlassError } from '../../../../lib/errors.js'
import { digestOf, mediaTypes, referrersTag } from '../../../../lib/image/index.js'
import { answer } from '../../../../lib/testing/registry/answer.js'
import { faults } from '../../../../lib/testing/registry/index.js'
import { all, artifact, listUnderTag, putArtifact, spdx } from '../../../support/artifacts.js'
import { manifest, talk, withRegistry } from '../../../support/with-registry.js'

const subject = digestOf(manifest)
const sbom = artifact(subject, 'an SBOM')
const signature = artifact(subject, 'a signature', { artifactType: 'application/x-signature' })
const api = { referrers: true }

describe('the referrers of a manifest', () => {
  it('come from the API, page by page', () =>
    withRegistry({ ...api, pageSize: 1 }, {}, async ({ registry, repository }) => {
      for (const each of [sbom, signature]) putArtifact(registry, 'team/app', each)
      putArtifact(registry, 'team/app', artifact(digestOf(Buffer.from('other')), 'of another image'))
      const pages = await all(repository.referrers(subject))
      expect(pages.map((page) => page.length)).toEqual([1, 1])
      expect(new Set(pages.flat())).toEqual(new Set([sbom.descriptor, signature.descriptor]))
    }))

  it('are none if the API lists none, and no tag is asked for then', () =>
    withRegistry(api, {}, async ({ registry, repository }) => {
      expect((await all(repository.referrers(subject))).flat()).toEqual([])
      expect(talk(registry)).toEqual(['referrers 200'])
    }))

  it('are filtered by the registry if it does so', () =>
    withRegistry(api, {}, async ({ registry, repository }) => {
      for (const each of [sbom, signature]) putArtifact(registry, 'team/app', each)
      expect((await all(repository.referrers(subject, { artifactType: spdx }))).flat()).toEqual([
        sbom.descriptor,
      ])
      expect(registry.requests.at(-1)!.url).toMatch(/\?artifactType=application%2Fspdx%2Bjson$/)
    }))

  it('are filtered here if the registry does not filter', () =>
    withRegistry(api, {}, async ({ registry, repository }) => {
      const manifests = [sbom.descriptor, signature.descriptor]
      const body = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests }))
      const headers = { 'content-type': mediaTypes.ociIndex }
      registry.hook(({ kind }) => (kind === 'referrers' ? answer(200, headers, body) : undefined))
      const found = await all(repository.referrers(subject, { artifactType: spdx }))
      expect(found.flat()).toEqual([sbom.descriptor])
    }))

  it.each([404, 400, 405, 501])('come from the index under their tag after HTTP %i, unfiltered', (status) =>
    withRegistry({}, {}, async ({ registry, repository }) => {
      listUnderTag(registry, 'team/app', referrersTag(subject), [sbom, signature])
      registry.hook(({ kind }) => (kind === 'referrers' ? answer(status) : undefined))
      const found = (await all(repository.referrers(subject, { artifactType: spdx }))).flat()
      expect(found.map(({ digest }) => digest)).toEqual([sbom.descriptor.digest, signature.descriptor.digest])
      expect(talk(registry)).toEqual([`referrers ${status}`, 'manifest 200'])
    }),
  )

  it('come from the index under their tag if a web page answers', () =>
    withRegistry({}, {}, async ({ registry, repository }) => {
      listUnderTag(registry, 'team/app', referrersTag(subject), [sbom])
      const page = answer(200, { 'content-type': 'text/html' }, Buffer.from('<html></html>'))
      registry.hook(({ kind }) => (kind === 'referrers' ? page : undefined))
      expect((await all(repository.referrers(subject))).flat()).toHaveLength(1)
    }))

  it('are none without the API and the tag', () =>
    withRegistry({}, {}, async ({ repository }) => {
      expect((await all(repository.referrers(subject))).flat()).toEqual([])
    }))

  it('are none if the tag points at an image', () =>
    withRegistry({}, {}, async ({ registry, repository }) => {
      registry.putManifest('team/app', referrersTag(subject), manifest, mediaTypes.ociManifest)
      expect((await all(repository.referrers(subject))).flat()).toEqual([])
    }))

  it.each([
    ['a refusal', 403, 'DENIED'],
    ['an outage', 503, 'REGISTRY_UNAVAILABLE'],
  ])('fail for %s, and are not taken for none', (_, status, code) =>
    withRegistry({}, {}, async ({ registry, repository }) => {
      registry.hook(({ kind }) => (kind === 'referrers' ? answer(status) : undefined))
      await expect(all(repository.referrers(subject))).rejects.toMatchObject({ code })
    }),
  )

  it('fail if a page leads back to itself', () =>
    withRegistry(api, {}, async ({ registry, repository }) => {
      putArtifact(registry, 'team/app', sbom)
      const self = `</v2/team/app/referrers/${subject}>; rel="next"`
      registry.addFault(faults.header('link', self, { kind: 'referrers', status: 200, times: 9 }))
      const failure = (await all(repository.referrers(subject)).catch(
        (error: unknown) => error,
      )) as WindlassError
      expect(failure.code).toBe('REGISTRY_RESPONSE')
      expect(failure.message).toContain('form a loop')
    }))

  it.each([
    [100, 'are all of a list with 100 pages', undefined],
    [101, 'fail if the list has more than 100 pages', 'LIMIT_EXCEEDED'],
  ])('%i pages: %s', (pages, _, code) =>
    withRegistry(api, {}, async ({ registry, repository }) => {
      const body = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [sbom.descriptor] }))
      let page = 0
      registry.hook(({ kind }) => {
        if (kind !== 'referrers') return undefined
        const link = ++page < pages && {
          link: `</v2/team/app/referrers/${subject}?page=${page}>; rel="next"`,
        }
        return answer(200, { 'content-type': mediaTypes.ociIndex, ...link }, body)
      })
      const listed = all(repository.referrers(subject))
      if (code === undefined) expect(await listed).toHaveLength(pages)
      else await expect(listed).rejects.toMatchObject({ code })
      expect(page).toBe(100)
    }),
  )

  it('are those of the API alone if a later page does not exist', () =>
    withRegistry({ ...api, pageSize: 1 }, {}, async ({ registry, repository }) => {
      for (const each of [sbom, signature]) putArtifact(registry, 'team/app', each)
      listUnderTag(registry, 'team/app', referrersTag(subject), [sbom])
      registry.addFault(faults.status(404, { kind: 'referrers', nth: 2 }))
      expect(await all(repository.referrers(subject))).toHaveLength(1)
      expect(talk(registry)).not.toContain('manifest 200')
    }))

  it('fail if the answer is not an index', () =>
    withRegistry(api, {}, async ({ registry, repository }) => {
      registry.hook(({ kind }) =>
        kind === 'referrers' ? answer(200, {}, Buffer.from('{"manifests": 1}')) : undefined,
      )
      await expect(all(repository.referrers(subject))).rejects.toMatchObject({ code: 'REGISTRY_RESPONSE' })
    }))
})
