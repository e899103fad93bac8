import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { manifestAccept } from '../../../../lib/image/documents/media-types.js'
import { answer } from '../../../../lib/testing/registry/answer.js'
import { faults, problem } from '../../../../lib/testing/registry/index.js'
import { manifest, manifestType, talk, withRegistry } from '../../../support/with-registry.js'

describe('manifests', () => {
  it('are fetched by tag and digest with GET and one Accept header (S0-14, S2-10, S2-11)', () =>
    withRegistry({}, {}, async ({ repository, registry }) => {
      const digest = registry.putManifest('team/app', 'v1', manifest, manifestType)
      for (const reference of ['v1', digest])
        expect(await repository.manifest(reference)).toMatchObject({
          bytes: manifest,
          contentType: manifestType,
          host: registry.host,
        })
      const asked = registry.requests.filter(({ kind }) => kind === 'manifest')
      expect(asked.map(({ method, reference }) => `${method} ${reference}`)).toEqual([
        'GET v1',
        `GET ${digest}`,
      ])
      for (const { headers } of asked) expect(headers['accept']).toBe(manifestAccept)
    }))

  it('are reported as not modified if the etag is unchanged (S2-14)', () =>
    withRegistry({}, {}, async ({ repository, registry }) => {
      const first = await repository.manifestIfChanged('latest', '"other"')
      if (first === 'not-modified' || first.etag === undefined) throw new Error('no etag')
      expect(await repository.manifestIfChanged('latest', first.etag)).toBe('not-modified')
      registry.putManifest('team/app', 'latest', Buffer.from('{}'), manifestType)
      expect(await repository.manifestIfChanged('latest', first.etag)).toMatchObject({
        bytes: Buffer.from('{}'),
      })
    }))

  it('that are not modified leave nothing behind', () =>
    withRegistry({}, {}, async ({ repository }) => {
      const { etag = '' } = await repository
        .manifestIfChanged('latest', '"other"')
        .then((first) => (first === 'not-modified' ? { etag: undefined } : first))
      const { signal } = new AbortController()
      expect(await repository.manifestIfChanged('latest', etag, { signal })).toBe('not-modified')
      await expect.poll(() => getEventListeners(signal, 'abort')).toEqual([])
    }))

  it('are an error if the registry says that they are not modified, but nobody asked', () =>
    withRegistry({}, {}, async ({ repository, registry }) => {
      registry.hook(({ kind }) => (kind === 'manifest' ? answer(304) : undefined))
      await expect(repository.manifest('latest')).rejects.toMatchObject({
        code: 'REGISTRY_RESPONSE',
        message: expect.stringContaining('HTTP 304 (Not Modified)') as string,
      })
    }))

  it('are resolved by HEAD, or by GET if HEAD is not supported (C4)', () =>
    withRegistry({}, {}, async ({ repository, registry }) => {
      const digest = registry.putManifest('team/app', 'v1', manifest, manifestType)
      const head = {
        date: expect.any(Number),
        digest,
        contentType: manifestType,
        size: manifest.length,
        host: registry.host,
      }
      expect(await repository.head('v1')).toEqual(head)
      expect(registry.requests.at(-1)?.method).toBe('HEAD')
      registry.hook(({ method }) => (method === 'HEAD' ? problem(405, 'UNSUPPORTED', 'no HEAD') : undefined))
      expect(await repository.head('v1')).toEqual(head)
      await expect(repository.head('nowhere')).rejects.toMatchObject({
        code: 'MANIFEST_UNKNOWN',
        message: `${registry.host} has no image "team/app:nowhere"`,
        hint: `List the tags with “windlass tags ${registry.host}/team/app”.`,
      })
    }))

  it('have no contentType if the response has no Content-Type (C2)', () =>
    withRegistry({ faults: [faults.noContentType()] }, {}, async ({ repository }) => {
      expect((await repository.manifest('latest')).contentType).toBeUndefined()
    }))

  const failed = (reason: string): string =>
    `Failed to get the manifest of "team/app:latest" from HOST: ${reason}`
  it.each([
    [403, 'X', 'DENIED', 3, 'HOST denied anonymous access to "team/app:latest": in their words'],
    [404, 'MANIFEST_UNKNOWN', 'MANIFEST_UNKNOWN', 4, 'HOST has no image "team/app:latest": in their words'],
    [404, 'NAME_UNKNOWN', 'NAME_UNKNOWN', 4, 'HOST has no repository "team/app": in their words'],
    [404, '', 'MANIFEST_UNKNOWN', 4, 'HOST has no image "team/app:latest": in their words'],
    [429, 'TOOMANYREQUESTS', 'TOO_MANY_REQUESTS', 6, failed('too many requests (HTTP 429): in their words')],
    [500, '', 'REGISTRY_UNAVAILABLE', 6, failed('HTTP 500 (Internal Server Error): in their words')],
    [503, 'BUSY', 'REGISTRY_UNAVAILABLE', 6, failed('HTTP 503 (Service Unavailable): BUSY: in their words')],
    [423, '', 'REGISTRY_UNAVAILABLE', 6, failed('HTTP 423 (Locked): in their words')],
    [501, '', 'REGISTRY_RESPONSE', 6, failed('HTTP 501 (Not Implemented): in their words')],
    [418, '', 'REGISTRY_RESPONSE', 6, failed("HTTP 418 (I'm a Teapot): in their words")],
    [204, '', 'REGISTRY_RESPONSE', 6, failed('HTTP 204 (No Content)')],
    [206, '', 'REGISTRY_RESPONSE', 6, failed('HTTP 206 (Partial Content): in their words')],
  ])('map status %d and code %s to %s (S0-16, S3-12, S3-19)', (status, code, expected, exitCode, message) =>
    withRegistry({}, {}, async ({ repository, registry }) => {
      registry.hook(({ kind }) => (kind === 'manifest' ? problem(status, code, 'in their words') : undefined))
      await expect(repository.manifest('latest')).rejects.toMatchObject({
        code: expected,
        exitCode,
        message: message.replace('HOST', registry.host),
        subject: { status, host: registry.host, url: `${registry.url}/v2/team/app/manifests/latest` },
      })
    }),
  )

  it('pass on Retry-After up to a maximum; a longer delay is not retryable', () =>
    withRegistry({}, {}, async ({ repository, registry }) => {
      const limited = (after: string) =>
        registry.addFault(faults.status(429, { kind: 'manifest' }, { 'retry-after': after }))
      limited('7')
      await expect(repository.manifest('latest')).rejects.toMatchObject({ retryAfter: 7000, retryable: true })
      limited('86400')
      await expect(repository.manifest('latest')).rejects.toMatchObject({
        retryable: false,
        hint: `Try again in 24 hours: ${registry.host} accepts no requests before that.`,
      })
    }))

  it('are not read beyond the limit, with or without Content-Length', () =>
    withRegistry({}, {}, async ({ repository, registry }) => {
      const exceeded = { code: 'LIMIT_EXCEEDED', exitCode: 5 }
      await expect(repository.manifest('latest', { maxBytes: 10 })).rejects.toMatchObject(exceeded)
      registry.putManifest('team/app', 'big', Buffer.alloc(4 * 1024 * 1024 + 1, ' '), manifestType)
      await expect(repository.manifest('big')).rejects.toMatchObject(exceeded)
      registry.addFault(faults.chunked({ kind: 'manifest' }))
      await expect(repository.manifest('big')).rejects.toMatchObject(exceeded)
    }))

  it.each([undefined, 'sha256:abc'])('are fetched by GET if HEAD reports the digest %s', (digest) =>
    withRegistry({}, {}, async ({ repository, registry }) => {
      registry.hook(({ kind, method }) =>
        kind === 'manifest' && method === 'HEAD'
          ? {
              status: 200,
              headers: { ...(digest && { 'docker-content-digest': digest }) },
              body: Buffer.alloc(0),
            }
          : undefined,
      )
      expect(await repository.head('latest')).toMatchObject({ size: manifest.length })
      expect(registry.requests.map(({ method }) => method).slice(-2)).toEqual(['HEAD', 'GET'])
    }),
  )

  it.each([
    [429, 'TOO_MANY_REQUESTS'],
    [500, 'REGISTRY_UNAVAILABLE'],
    [503, 'REGISTRY_UNAVAILABLE'],
  ])('fail if only HEAD is allowed and it is answered with %d', (status, code) =>
    withRegistry({}, {}, async ({ repository, registry }) => {
      registry.addFault(faults.status(status, { kind: 'manifest', times: Infinity }))
      await expect(repository.head('latest', { onlyHead: true })).rejects.toMatchObject({ code })
      const requests = registry.requests.filter(({ kind }) => kind === 'manifest')
      expect(requests.map(({ method }) => method)).toEqual(['HEAD'])
    }),
  )

  it('have no digest if only HEAD is allowed and it is not supported', () =>
    withRegistry({}, {}, async ({ repository, registry }) => {
      registry.hook(({ method }) => (method === 'HEAD' ? problem(405, 'UNSUPPORTED', 'no HEAD') : undefined))
      const { digest } = await repository.head('latest', { onlyHead: true })
      expect(digest).toBeUndefined()
    }))

  it('are not requested by a text that is neither a tag nor a digest', () =>
    withRegistry({}, {}, async ({ repository, registry }) => {
      for (const wrong of ['../../x', 'a/b', '', 'a?b', 'sha256:abc', 'a b', '-a', 'a'.repeat(129)])
        await expect(async () => repository.manifest(wrong)).rejects.toMatchObject({
          code: 'REFERENCE_INVALID',
        })
      expect(talk(registry)).toEqual([])
    }))
})
