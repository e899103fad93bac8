import { describe, expect, it } from 'vitest'
import { type Digest, digestOf, mediaTypes } from '../../lib/image/index.js'
import { Repository } from '../../lib/registry/index.js'
import { tinyImage } from '../../lib/testing/images/index.js'
import type { ImageRequest } from '../../lib/stages/index.js'
import { resolveName } from '../../pipelines/resolve.js'

const [right, wrong] = ['right', 'wrong'].map((text) => digestOf(Buffer.from(text))) as [Digest, Digest]

/** Resolves a name for which the registry states `digest`. */
function resolved(digest: Digest, asked: Digest | undefined) {
  const head = async () => ({ digest, contentType: mediaTypes.ociManifest, size: 7, host: 'h' })
  const source = Object.assign(Object.create(Repository.prototype) as object, { head })
  const request = { name: 'app', source, target: asked ?? '1', digest: asked } as unknown as ImageRequest
  return resolveName(request, { retry: { attempts: 1, delay: 0, longestRetryAfter: 0 } })
}

describe('resolveName', () => {
  it('returns the digest that the registry states, which must be the requested digest if there is one', async () => {
    const answer = { name: 'app', digest: right, mediaType: mediaTypes.ociManifest, size: 7 }
    expect(await resolved(right, undefined)).toEqual(answer)
    expect(await resolved(right, right)).toEqual(answer)
    await expect(resolved(wrong, right)).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      message: `h reports another digest for app: ${wrong}`,
    })
  })

  it.each([
    ['no digest', { contentType: mediaTypes.ociManifest }],
    ['no media type', { digest: wrong }],
    ['a media type that is none', { digest: wrong, contentType: '/' }],
  ])('fetches the manifest if the registry states %s', async (_, stated) => {
    const { manifest } = tinyImage()
    const source = {
      ...{ host: 'h', head: async () => ({ host: 'h', size: 7, ...stated }) },
      manifest: async () => ({ bytes: manifest.bytes, contentType: manifest.mediaType, host: 'h' }),
    }
    const request = { name: 'app', source, target: '1', digest: undefined } as unknown as ImageRequest
    const found = await resolveName(request, { retry: { attempts: 1, delay: 0, longestRetryAfter: 0 } })
    expect(found).toMatchObject({ digest: manifest.digest, mediaType: manifest.mediaType })
  })
})
