import { lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Flow, Scope } from '../../../../lib/flow/index.js'
import { type ImageSource, mediaTypes, parseManifest } from '../../../../lib/image/index.js'
import { defaultLimits as limits } from '../../../../lib/limits.js'
import type { Resolved } from '../../../../lib/stages/elements.js'
import { choosePlatform } from '../../../../lib/stages/resolve/choose-platform.js'
import { type BuiltDocument, buildImage } from '../../../../lib/testing/images/index.js'
import { buildDocument } from '../../../../lib/testing/images/build-image.js'

const platform = { os: 'linux', architecture: 'amd64' }
const retry = { attempts: 1, delay: 0, longestRetryAfter: 0 }
const image = buildImage({ layers: [], platform }).manifest
const indexOf = ({ mediaType, digest, size }: BuiltDocument) =>
  buildDocument(mediaTypes.ociIndex, {
    ...{ schemaVersion: 2, mediaType: mediaTypes.ociIndex },
    manifests: [{ mediaType, digest, size, platform }],
  })
const parsed = ({ bytes, mediaType }: BuiltDocument) =>
  parseManifest({ bytes, contentType: mediaType, host: 'h', reference: 'app', limits })

describe('the choice of a platform in nested indexes', () => {
  it('keeps all indexes that lead to the image, outermost first', async () => {
    const inner = indexOf(image)
    const outer = indexOf(inner)
    const all = new Map([image, inner].map((each) => [each.digest as string, each]))
    const source = {
      manifest: async (digest: string) => {
        const { bytes, mediaType } = all.get(digest)!
        return { bytes, contentType: mediaType, host: 'h' }
      },
    } as unknown as ImageSource
    const scope = new Scope()
    const chosen = (await lastValueFrom(
      Flow.of({
        request: { name: 'app', typed: 'app', target: '1', source, platform, limits },
        document: parsed(outer),
        parentIndexes: [],
      } as never)
        .pipe(choosePlatform({ retry }))
        .pipe(choosePlatform({ retry }) as never)
        .toObservable(scope),
    )) as Resolved
    await scope.close()
    expect(chosen.document.descriptor.digest).toBe(image.digest)
    expect(chosen.parentIndexes.map(({ descriptor }) => descriptor.digest)).toEqual([
      outer.digest,
      inner.digest,
    ])
  })
})
