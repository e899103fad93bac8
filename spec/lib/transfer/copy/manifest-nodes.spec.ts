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

  it('have no more bytes together than sixteen of the largest size, since all are kept in memory', async () => {
    const image = (at: number): Buffer => {
      const config = descriptor(mediaTypes.ociConfig, `config ${at}`)
      return Buffer.from(JSON.stringify({ schemaVersion: 2, config, layers: [] }))
    }
    const nodesOf = (manifestBytes: number) => {
      const images = Array.from({ length: 8 }, (_, at) => image(at))
      const entries = images.map((bytes) => descriptor(mediaTypes.ociManifest, bytes.toString()))
      const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: entries }))
      const about = { contentType: mediaTypes.ociIndex, host: 'a.example', reference: 'app:1' }
      const total = [bytes, ...images].reduce((sum, each) => sum + each.length, 0)
      return {
        total,
        nodes: manifestNodes(parseManifest({ bytes, ...about }), {
          ...{ reference: 'app:1', signal: new AbortController().signal },
          limits: { manifestBytes, indexDepth: defaultLimits.indexDepth },
          fetch: ({ digest }) => {
            const found = images.find((each) => digestOf(each) === digest)!
            return Promise.resolve(
              parseManifest({ ...about, bytes: found, contentType: mediaTypes.ociManifest }),
            )
          },
          ...{ sizeOf: () => Promise.resolve(1), has: () => Promise.resolve(false) },
        }),
      }
    }
    const { total, nodes } = nodesOf(1_000_000)
    expect(await nodes).toHaveLength(9)
    expect(await nodesOf(Math.ceil(total / 16)).nodes).toHaveLength(9)
    await expect(nodesOf(Math.floor((total - 1) / 16)).nodes).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    })
  })

  it('of schema 1 have each layer once, with the size that the source states', async () => {
    const [layer, other] = ['layer', 'other'].map((text) => digestOf(Buffer.from(text)))
    const fsLayers = [layer, other, layer].map((blobSum) => ({ blobSum }))
    const history = fsLayers.map((_, at) => ({ v1Compatibility: JSON.stringify({ id: String(at) }) }))
    const bytes = Buffer.from(
      JSON.stringify({ schemaVersion: 1, name: 'app', tag: '1', architecture: 'amd64', fsLayers, history }),
    )
    const asked: string[] = []
    const about = { contentType: mediaTypes.dockerSchema1, host: 'a.example', reference: 'app:1' }
    const [node] = await manifestNodes(parseManifest({ bytes, ...about }), {
      ...{ reference: 'app:1', limits: defaultLimits, signal: new AbortController().signal },
      ...{ fetch: () => Promise.reject(new Error('not asked for')), has: () => Promise.resolve(false) },
      sizeOf: (digest) => Promise.resolve(asked.push(digest)),
    })
    expect(asked).toEqual([layer, other])
    expect(node!.blobs.map(({ digest, size }) => [digest, size])).toEqual([
      [layer, 1],
      [other, 2],
    ])
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
