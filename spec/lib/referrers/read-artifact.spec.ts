import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { type BlobRequest, type Descriptor, type ImageSource, digestOf } from '../../../lib/image/index.js'
import { maxArtifactBytes, readArtifact } from '../../../lib/referrers/index.js'

const sbom = Buffer.from('an SBOM')
const descriptor: Descriptor = { mediaType: 'text/plain', digest: digestOf(sbom), size: sbom.length }

/** A source that sends `bytes` for any blob, and what it was asked for. */
function sending(bytes: Buffer) {
  const requests: (BlobRequest | undefined)[] = []
  const blob: ImageSource['blob'] = (_, request) => {
    requests.push(request)
    const stream = Readable.from([bytes])
    return Promise.resolve({ stream, offset: 0, size: undefined, validator: undefined, host: 'source.test' })
  }
  return { source: { blob } as ImageSource, requests }
}

describe('the content of an artifact', () => {
  it('is read with the signal and the receiver of requests', async () => {
    const { source, requests } = sending(sbom)
    const request = { signal: new AbortController().signal, onRequest: (): void => undefined }
    expect(await readArtifact(source, descriptor, { what: 'the SBOM', ...request })).toEqual(sbom)
    expect(requests).toEqual([request])
  })

  it('has the size and the digest of its descriptor', async () => {
    const other = sending(Buffer.from('an sbom')).source
    const short = sending(sbom.subarray(1)).source
    await expect(readArtifact(other, descriptor, { what: 'it' })).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    })
    await expect(readArtifact(short, descriptor, { what: 'it' })).rejects.toMatchObject({
      code: 'SIZE_MISMATCH',
    })
  })

  it('has at most the maximum number of bytes, 64 MiB by default', async () => {
    const { source } = sending(sbom)
    expect(await readArtifact(source, descriptor, { what: 'it', maxBytes: sbom.length })).toEqual(sbom)
    await expect(
      readArtifact(source, descriptor, { what: 'the SBOM', maxBytes: sbom.length - 1 }),
    ).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('the SBOM') as string,
    })
    const large = { ...descriptor, size: maxArtifactBytes + 1 }
    await expect(
      readArtifact(sending(Buffer.alloc(large.size)).source, large, { what: 'it' }),
    ).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    expect(maxArtifactBytes).toBe(64 * 1024 * 1024)
  })
})
