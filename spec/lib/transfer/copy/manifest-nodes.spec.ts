import { describe, expect, it } from 'vitest'
import { type Descriptor, digestOf, mediaTypes, parseManifest } from '../../../../lib/image/index.js'
import { defaultLimits } from '../../../../lib/limits.js'
import { manifestNodes, maxManifests } from '../../../../lib/transfer/copy/manifest-nodes.js'

const descriptor = (mediaType: string, text: string, urls?: readonly string[]): Descriptor => ({
  ...{ mediaType, digest: digestOf(Buffer.from(text)), size: text.length, ...(urls && { urls }) },
})

describe('the manifests of a copy', () => {
  it.each<[string, string, readonly string[] | undefined, boolean]>([
    ['foreign layer with a URL', mediaTypes.dockerForeignLayerGzip, ['https://a.example/'], true],
    ['foreign layer without URLs', mediaTypes.ociForeignLayerGzip, undefined, false],
    ['foreign layer with an empty list of URLs', mediaTypes.ociForeignLayer, [], false],
    ['other layer with a URL', mediaTypes.ociLayerGzip, ['https://a.example/'], false],
  ])('leave out only what pullers get elsewhere: %s', async (_, type, urls, isLeftOut) => {
    const config = descriptor(mediaTypes.ociConfig, 'config')
    const layer = descriptor(type, 'layer', urls)
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, config, layers: [layer] }))
    const reference = 'app:1'
    const contentType = mediaTypes.ociManifest
    const root = parseManifest({ bytes, contentType, host: 'a.example', reference })
    const never = (): Promise<never> => Promise.reject(new Error('not asked for'))
    const [node, ...others] = await manifestNodes(root, {
      ...{ reference, limits: defaultLimits, signal: new AbortController().signal },
      ...{ fetch: never, sizeOf: never, has: () => Promise.resolve(false) },
    })
    const digests = (all: readonly Descriptor[]): string[] => all.map(({ digest }) => digest)
    expect(others).toEqual([])
    expect(digests(node!.blobs)).toEqual(digests(isLeftOut ? [config] : [config, layer]))
    expect(digests(node!.foreign)).toEqual(digests(isLeftOut ? [layer] : []))
  })

  it('are at most 1000', async () => {
    const never = (): Promise<never> => Promise.reject(new Error('not asked for'))
    const nodesOf = (count: number) => {
      const manifests = Array.from({ length: count }, (_, at) =>
        descriptor(mediaTypes.ociManifest, `image ${at}`),
      )
      const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests }))
      const about = { contentType: mediaTypes.ociIndex, host: 'a.example', reference: 'app:1' }
      return manifestNodes(parseManifest({ bytes, ...about }), {
        ...{ reference: 'app:1', limits: defaultLimits, signal: new AbortController().signal },
        ...{ fetch: never, sizeOf: never, has: () => Promise.resolve(true) },
      })
    }
    expect(await nodesOf(maxManifests - 1)).toHaveLength(1)
    await expect(nodesOf(maxManifests)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })
  it('are requested no longer once one of them fails', async () => {
    const manifests = ['a', 'b', 'c'].map((text) => descriptor(mediaTypes.ociManifest, text))
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests }))
    const about = { contentType: mediaTypes.ociIndex, host: 'a.example', reference: 'app:1' }
    const signals: AbortSignal[] = []
    const fetch = ({ digest }: Descriptor, signal: AbortSignal): Promise<never> => {
      if (digest === manifests[0]!.digest) return Promise.reject(new Error('it failed'))
      signals.push(signal)
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')))
      })
    }
    await expect(
      manifestNodes(parseManifest({ bytes, ...about }), {
        ...{ reference: 'app:1', limits: defaultLimits, signal: new AbortController().signal, fetch },
        ...{ sizeOf: () => Promise.resolve(1), has: () => Promise.resolve(false) },
      }),
    ).rejects.toThrow('it failed')
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true])
  })
})
