import { Readable } from 'node:stream'
import { lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import { Flow, Scope } from '../../../../lib/flow/index.js'
import { type BlobRequest, type ManifestRequest, digestOf, mediaTypes } from '../../../../lib/image/index.js'
import { defaultLimits } from '../../../../lib/limits.js'
import {
  readMissingPlatforms,
  maxConfigsRead,
} from '../../../../lib/stages/resolve/read-missing-platforms.js'
import { type BuiltDocument, buildImage } from '../../../../lib/testing/images/index.js'
import { buildDocument } from '../../../../lib/testing/images/build-image.js'
import { runStage } from '../../../support/run-stage.js'

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

describe('the platforms that are read from configs', () => {
  const s390x = { os: 'linux', architecture: 's390x' }
  const image = buildImage({ layers: [], platform: s390x })
  const retry = { attempts: 1, delay: 0, longestRetryAfter: 0 }
  const entryOf = ({ digest, mediaType, size }: BuiltDocument) => ({ digest, mediaType, size })

  /** The platforms of the entries after the stage, and what was requested. */
  async function platformsOf(
    entries: readonly object[],
    {
      request = {},
      config = image.config.bytes,
      document = image.manifest,
      attempts = 1,
    }: {
      readonly request?: object
      readonly config?: Buffer
      readonly document?: BuiltDocument
      readonly attempts?: number
    } = {},
  ) {
    const requested: string[] = []
    const signals: unknown[] = []
    let left = attempts - 1
    const source = {
      manifest: async (digest: string, { signal }: ManifestRequest) => {
        requested.push(digest)
        signals.push(signal)
        if (left-- > 0) throw new WindlassError('REGISTRY_UNAVAILABLE', 'not now')
        return { bytes: document.bytes, contentType: document.mediaType, host: 'h' }
      },
      blob: async (_: unknown, { signal }: BlobRequest) => {
        signals.push(signal)
        return { stream: Readable.from([config]) }
      },
    }
    const resolved = {
      request: { name: 'app', source, platform: { os: 'linux', architecture: 'amd64' }, ...request },
      document: { kind: 'index', index: { manifests: entries } },
      parentIndexes: [],
    }
    const stage = readMissingPlatforms({ retry: { ...retry, attempts } })
    const { outputs } = await runStage(stage, resolved as never)
    expect(signals).toEqual(signals.map(() => expect.any(AbortSignal) as unknown))
    return {
      platforms: outputs[0]!.document.index.manifests.map(({ platform }) => platform),
      requested,
    }
  }

  it('are those of the images', async () => {
    expect(await platformsOf([entryOf(image.manifest)])).toEqual({
      ...{ platforms: [s390x], requested: [image.manifest.digest] },
    })
  })

  it('are not read if an entry states the requested platform', async () => {
    const stated = { ...entryOf(image.manifest), platform: { os: 'linux', architecture: 'amd64' } }
    const { requested } = await platformsOf([entryOf(image.manifest), stated])
    expect(requested).toEqual([])
  })

  it('are not read for indexes and schema 1 manifests, which have no config', async () => {
    const entries = [mediaTypes.ociIndex, mediaTypes.dockerSchema1].map((mediaType) => ({
      ...{ ...entryOf(image.manifest), mediaType },
    }))
    expect(await platformsOf(entries)).toEqual({ platforms: [undefined, undefined], requested: [] })
  })

  it('are the requested ones for configs that state none', async () => {
    const config = Buffer.from('{"rootfs":{"type":"layers","diff_ids":[]}}')
    const { bytes, mediaType } = image.manifest
    const manifest = JSON.parse(bytes.toString()) as { config: object }
    const document = buildDocument(mediaType, {
      ...manifest,
      config: { ...manifest.config, digest: digestOf(config), size: config.length },
    })
    const { platforms } = await platformsOf([entryOf(document)], { config, document })
    expect(platforms).toEqual([{ os: 'linux', architecture: 'amd64' }])
  })

  it('are missing if a config exceeds the limit of the pull', async () => {
    const limits = { ...defaultLimits, configBytes: image.config.bytes.length - 1 }
    const { platforms } = await platformsOf([entryOf(image.manifest)], { request: { limits } })
    expect(platforms).toEqual([undefined])
  })

  it('are missing for content that is no image', async () => {
    const document = buildDocument(mediaTypes.ociIndex, {
      ...{ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] },
    })
    const entry = { ...entryOf(document), mediaType: mediaTypes.ociManifest }
    expect((await platformsOf([entry], { document })).platforms).toEqual([undefined])
    const chart = buildDocument(mediaTypes.ociManifest, {
      ...{ schemaVersion: 2, mediaType: mediaTypes.ociManifest, layers: [] },
      config: { ...entryOf(image.config), mediaType: 'application/vnd.cncf.helm.config.v1+json' },
    })
    expect((await platformsOf([entryOf(chart)], { document: chart })).platforms).toEqual([undefined])
  })

  it('are read again after a temporary failure', async () => {
    const { platforms } = await platformsOf([entryOf(image.manifest)], { attempts: 2 })
    expect(platforms).toEqual([s390x])
  })
})
