import { describe, expect, it, vi } from 'vitest'
import { type FetchedManifest, type ImageSource, digestOf } from '../../../../lib/image/index.js'
import { defaultLimits } from '../../../../lib/limits.js'
import { tinyImage } from '../../../../lib/testing/images/index.js'
import { fetchManifestDocument } from '../../../../lib/transfer/documents/manifest-document.js'

const { manifest } = tinyImage()
const { signal } = new AbortController()

function sourceOf(more: Partial<FetchedManifest> = {}) {
  const fetched = { bytes: manifest.bytes, contentType: manifest.mediaType, host: 'h', ...more }
  const fetch = vi.fn<(...request: unknown[]) => Promise<typeof fetched>>(() => Promise.resolve(fetched))
  return { fetch, origin: { source: { manifest: fetch } as unknown as ImageSource, name: 'app:1' } }
}
const other = { ...manifest, digest: digestOf(Buffer.from('other')) }

describe('a manifest that is fetched', () => {
  it('is asked for with the limit, the signal and the callbacks', async () => {
    const { fetch, origin } = sourceOf()
    const callbacks = { onWarning: () => undefined, onRequest: () => undefined }
    const limits = { ...defaultLimits, manifestBytes: 10_000 }
    await fetchManifestDocument({ ...origin, limits }, '1', { signal, ...callbacks })
    expect(fetch.mock.calls).toEqual([
      ['1', { ...callbacks, signal: expect.any(AbortSignal) as AbortSignal, maxBytes: 10_000 }],
    ])
  })

  it('comes with who sent it, and with its rate limit', async () => {
    const rateLimit = { remaining: 5 }
    const { origin } = sourceOf({ isMirror: true, rateLimit })
    expect(await fetchManifestDocument(origin, '1', { signal })).toMatchObject({
      ...{ host: 'h', isMirror: true, rateLimit },
      document: { kind: 'image', descriptor: { digest: manifest.digest } },
    })
  })

  it('must match what is expected, and otherwise what the source says of it', async () => {
    const wrong = { code: 'DIGEST_MISMATCH' }
    const listed = sourceOf({ descriptor: other }).origin
    await expect(fetchManifestDocument(listed, '1', { signal })).rejects.toMatchObject(wrong)
    const expected = { digest: manifest.digest }
    await expect(fetchManifestDocument(listed, '1', { signal, expected })).resolves.toBeDefined()
    const plain = sourceOf().origin
    await expect(
      fetchManifestDocument(plain, '1', { signal, expected: { digest: other.digest } }),
    ).rejects.toMatchObject(wrong)
  })

  it('may not be larger than the limit, whatever the source does with that', async () => {
    const { origin } = sourceOf()
    const limits = { ...defaultLimits, manifestBytes: manifest.size - 1 }
    await expect(fetchManifestDocument({ ...origin, limits }, '1', { signal })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    })
  })
})
