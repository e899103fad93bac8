import { describe, expect, it } from 'vitest'
import { faults, problem, tinyImage } from '../../../../lib/testing/index.js'
import { opening, withTarget } from '../../../support/with-target.js'

const { manifest, config } = tinyImage()

/** Returns the error of pushing a blob or manifest when the registry sends this response. */
const refused = (
  kind: 'blob' | 'manifest',
  [status, code]: readonly [status: number, code: string],
  expected: object,
): Promise<void> =>
  withTarget({}, {}, async ({ registry, target }) => {
    registry.hook(({ kind: asked, method }) =>
      (kind === 'blob' ? asked === 'upload' && method === 'POST' : asked === 'manifest' && method === 'PUT')
        ? problem(status, code, 'as the registry says')
        : undefined,
    )
    const pushed =
      kind === 'blob'
        ? target.putBlob(config, opening(config.bytes))
        : target.putManifest(manifest.bytes, manifest, { tag: '1' })
    await expect(pushed).rejects.toMatchObject(expected)
  })

describe('a refused push', () => {
  it.each([
    [403, 'DENIED', 'DENIED', 'does not allow anonymous users to push to "team/app"'],
    [403, 'UNSUPPORTED', 'UNSUPPORTED', 'does not accept pushes'],
    [404, 'NAME_UNKNOWN', 'NAME_UNKNOWN', 'the repository does not exist'],
    [400, 'NAME_INVALID', 'NAME_UNKNOWN', 'the repository does not exist'],
    [405, 'UNSUPPORTED', 'UNSUPPORTED', 'does not accept pushes'],
    [413, '', 'REGISTRY_RESPONSE', 'does not accept a request of this size'],
    [400, 'SOMETHING_NEW', 'REGISTRY_RESPONSE', 'HTTP 400 (Bad Request)'],
  ])('of a blob with %i %s is %s', (status, problemCode, code, says) =>
    refused('blob', [status, problemCode], {
      code,
      message: expect.stringContaining(says),
    }),
  )

  it.each([
    [404, 'MANIFEST_BLOB_UNKNOWN', 'BLOB_UNKNOWN', 'lacks content that the manifest refers to'],
    [404, 'MANIFEST_UNKNOWN', 'BLOB_UNKNOWN', 'lacks content that the manifest refers to'],
    [400, 'MANIFEST_INVALID', 'UNSUPPORTED', `does not accept this manifest of type ${manifest.mediaType}`],
    [415, '', 'UNSUPPORTED', `does not accept this manifest of type ${manifest.mediaType}`],
    [400, 'TAG_INVALID', 'DENIED', 'does not allow the tag to be set'],
    [409, 'CONFLICT', 'DENIED', 'does not allow the tag to be set'],
    [412, 'PRECONDITION', 'DENIED', 'does not allow the tag to be set'],
  ])('of a manifest with %i %s is %s', (status, problemCode, code, says) =>
    refused('manifest', [status, problemCode], {
      code,
      message: expect.stringContaining(says),
    }),
  )

  it('names the tag and the host, and quotes the registry', () =>
    refused('manifest', [400, 'TAG_INVALID'], {
      message: expect.stringMatching(
        /^Failed to push the manifest of "team\/app:1" to 127\.0\.0\.1:\d+: .* \(TAG_INVALID: as the registry says\)$/,
      ),
      hint: expect.stringContaining('Use another tag'),
    }))

  it.each([
    [503, 'UNAVAILABLE', 'REGISTRY_UNAVAILABLE'],
    [429, 'TOOMANYREQUESTS', 'TOO_MANY_REQUESTS'],
    [404, 'BLOB_UPLOAD_UNKNOWN', 'REGISTRY_UNAVAILABLE'],
    [400, 'BLOB_UPLOAD_INVALID', 'REGISTRY_RESPONSE'],
    [400, 'DIGEST_INVALID', 'REGISTRY_RESPONSE'],
    [400, 'SIZE_INVALID', 'REGISTRY_RESPONSE'],
    // The status precedes the code: the registry is overloaded or does not work.
    [503, 'NAME_UNKNOWN', 'REGISTRY_UNAVAILABLE'],
    [500, 'UNSUPPORTED', 'REGISTRY_UNAVAILABLE'],
    [429, 'NAME_UNKNOWN', 'TOO_MANY_REQUESTS'],
    [429, 'UNSUPPORTED', 'TOO_MANY_REQUESTS'],
  ])('with %i %s is retryable', (status, problemCode, code) =>
    refused('blob', [status, problemCode], { code, retryable: true }),
  )

  it('explains which credentials are missing', () =>
    withTarget({ auth: { kind: 'basic', username: 'me', password: 'secret' } }, {}, async ({ target }) => {
      await expect(target.putBlob(config, opening(config.bytes))).rejects.toMatchObject({
        code: 'UNAUTHORIZED',
        message: expect.stringContaining('requires a login for "team/app"'),
        hint: expect.stringContaining('credentials'),
      })
    }))

  it('is DENIED if the token server grants only a token to pull', () => {
    const grant = (scope: string): string => scope.replace(',push', '')
    return withTarget({ auth: { kind: 'token', grant } }, {}, async ({ registry, target }) => {
      await expect(target.putBlob(config, opening(config.bytes))).rejects.toMatchObject({ code: 'DENIED' })
      expect(registry.bytesReceived).toBe(0)
    })
  })

  it('is reported after the content was sent as well', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      registry.addFault(
        faults.answer(problem(400, 'DIGEST_INVALID', 'wrong'), { kind: 'upload', method: 'PUT' }),
      )
      await expect(target.putBlob(config, opening(config.bytes))).rejects.toMatchObject({
        code: 'REGISTRY_RESPONSE',
        retryable: true,
      })
    }))
})
