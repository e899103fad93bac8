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
})
