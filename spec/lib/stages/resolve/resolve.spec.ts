import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import type { ImageSource, ManifestRequest } from '../../../../lib/image/index.js'
import { imageRequest } from '../../../../lib/stages/index.js'
import { resolve } from '../../../../lib/stages/resolve/resolve.js'
import { buildImage } from '../../../../lib/testing/images/index.js'
import { runStage } from '../../../support/run-stage.js'

const { manifest } = buildImage({ layers: [] })
const other = buildImage({ layers: [], platform: { os: 'linux', architecture: 's390x' } }).manifest
const report = { method: 'GET', url: 'https://h/v2/', role: 'registry', duration: 1, received: 2 } as const

/** A source that answers every request with `manifest`, after `failures` failures. */
function sourceOf(failures: number, requested: string[] = []): ImageSource {
  let left = failures
  return {
    host: 'h',
    manifest: async (target: string, { onRequest, onWarning }: ManifestRequest) => {
      requested.push(target)
      onRequest?.(report)
      onWarning?.('odd-answer', 'The answer is odd')
      if (left-- > 0) throw new WindlassError('REGISTRY_UNAVAILABLE', 'not now')
      return {
        ...{ bytes: manifest.bytes, contentType: manifest.mediaType, host: 'h' },
        rateLimit: { remaining: 7, source: '192.0.2.1' },
      }
    },
  } as unknown as ImageSource
}
const stage = resolve({ retry: { attempts: 2, delay: 0, longestRetryAfter: 0 } })

describe('the manifest of a name', () => {
  it('is requested by tag, and by digest if the name has one', async () => {
    const requested: string[] = []
    for (const target of ['1.2', manifest.digest])
      await runStage(stage, imageRequest(sourceOf(0, requested), target))
    expect(requested).toEqual(['1.2', manifest.digest])
  })

  it('must have the digest of the name', async () => {
    await expect(runStage(stage, imageRequest(sourceOf(0), other.digest))).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    })
  })

  it('is reported with its host and the rate limit, but not by whom the registry counts', async () => {
    const { events, outputs } = await runStage(stage, imageRequest(sourceOf(0), '1'))
    expect(events).toEqual([
      { type: 'request', ...report },
      { type: 'warning', code: 'odd-answer', message: 'The answer is odd' },
      expect.objectContaining({
        ...{ type: 'manifest', digest: manifest.digest, host: 'h', rateLimit: { remaining: 7 } },
      }),
    ])
    expect(outputs).toMatchObject([{ parentIndexes: [], document: { kind: 'image' } }])
  })

  it('is requested again after a temporary failure, up to the number of attempts', async () => {
    expect((await runStage(stage, imageRequest(sourceOf(1), '1'))).outputs).toHaveLength(1)
    await expect(runStage(stage, imageRequest(sourceOf(2), '1'))).rejects.toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
    })
  })
})
