import { lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import { Flow, Scope } from '../../../../lib/flow/index.js'
import { digestOf, mediaTypes } from '../../../../lib/image/index.js'
import {
  readMissingPlatforms,
  maxConfigsRead,
} from '../../../../lib/stages/resolve/read-missing-platforms.js'

describe('entries of an index that state no platform', () => {
  it('get the platform of their config, for at most 16 entries', async () => {
    const manifests = Array.from({ length: 40 }, (_, at) => ({
      ...{ mediaType: mediaTypes.ociManifest, digest: digestOf(Buffer.from(String(at))), size: 1 },
    }))
    const asked: string[] = []
    const source = {
      manifest: async (digest: string) => {
        asked.push(digest)
        throw new WindlassError('MANIFEST_UNKNOWN', 'not here')
      },
    }
    const request = { name: 'app', source, platform: { os: 'linux', architecture: 'amd64' } }
    const resolved = { request, document: { kind: 'index', index: { manifests } }, parentIndexes: [] }
    const scope = new Scope()
    const stage = readMissingPlatforms({ retry: { attempts: 1, delay: 0, longestRetryAfter: 0 } })
    const filled = await lastValueFrom(
      Flow.of(resolved as never)
        .pipe(stage)
        .toObservable(scope),
    )
    await scope.close()
    expect(asked).toEqual(manifests.slice(0, maxConfigsRead).map(({ digest }) => digest))
    expect(filled.document.index.manifests).toEqual(manifests)
  })

  it.each([
    ['MANIFEST_UNKNOWN', 'stay without one', 1],
    ['REGISTRY_UNAVAILABLE', 'are read again', 2],
  ] as const)('that cannot be read (%s) %s', async (code, _, attempts) => {
    let asked = 0
    const source = {
      manifest: async () => {
        asked++
        throw new WindlassError(code, 'not now')
      },
    }
    const manifests = [{ mediaType: mediaTypes.ociManifest, digest: digestOf(Buffer.from('x')), size: 1 }]
    const request = { name: 'app', source, platform: { os: 'linux', architecture: 'amd64' } }
    const resolved = { request, document: { kind: 'index', index: { manifests } }, parentIndexes: [] }
    const scope = new Scope()
    const stage = readMissingPlatforms({ retry: { attempts: 2, delay: 0, longestRetryAfter: 0 } })
    const filled = lastValueFrom(
      Flow.of(resolved as never)
        .pipe(stage)
        .toObservable(scope),
    )
    if (attempts === 1) expect((await filled).document.index.manifests).toEqual(manifests)
    else await expect(filled).rejects.toMatchObject({ code })
    await scope.close()
    expect(asked).toBe(attempts)
  })
})
