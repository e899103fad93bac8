import { Readable } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import { type ImageSource, digestOf } from '../../../../lib/image/index.js'
import { fetchConfigBytes } from '../../../../lib/transfer/documents/config-bytes.js'

const bytes = Buffer.from('{"os":"linux"}')

describe('the bytes of a config', () => {
  const fetched = (served: Buffer, limit?: number): Promise<Buffer> => {
    const source = { blob: async () => ({ stream: Readable.from([served]) }) } as unknown as ImageSource
    const descriptor = { mediaType: 'x', digest: digestOf(bytes), size: bytes.length }
    const { signal } = new AbortController()
    return fetchConfigBytes(source, descriptor, {
      ...{ reference: 'app', signal },
      ...(limit !== undefined && { configBytes: limit }),
    })
  }

  it('must match the digest and size in the manifest and the limit', async () => {
    expect(await fetched(bytes)).toEqual(bytes)
    expect(await fetched(bytes, bytes.length)).toEqual(bytes)
    await expect(fetched(bytes, bytes.length - 1)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    await expect(fetched(Buffer.from('{"os":"linus"}'))).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    await expect(fetched(bytes.subarray(1))).rejects.toMatchObject({ code: 'SIZE_MISMATCH' })
  })

  it('are requested with the signal, and their requests are reported', async () => {
    const blob = vi.fn(() => Promise.resolve({ stream: Readable.from([bytes]) }))
    const descriptor = { mediaType: 'x', digest: digestOf(bytes), size: bytes.length }
    const onRequest = (): void => undefined
    const { signal } = new AbortController()
    const source = { blob } as unknown as ImageSource
    await fetchConfigBytes(source, descriptor, { reference: 'app', signal, onRequest })
    expect(blob.mock.calls).toEqual([
      [descriptor, { signal: expect.any(AbortSignal) as AbortSignal, onRequest }],
    ])
  })
})
