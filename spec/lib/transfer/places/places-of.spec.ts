import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import { type ImageSource, digestOf } from '../../../../lib/image/index.js'
import type { PlaceList } from '../../../../lib/transfer/places/place-list.js'
import {
  type ForeignUrlOrder,
  placesOf,
  placesWithMirrors,
} from '../../../../lib/transfer/places/places-of.js'

const urls = Array.from({ length: 40 }, (_, at) => `https://x.example/${at}`)
const descriptor = { mediaType: 'x', digest: digestOf(Buffer.from('x')), size: 1, urls }
const never = () => Promise.reject(new Error('not asked'))
const source = { host: 'registry.example', blob: never, foreignBlob: never } as unknown as ImageSource

/** Returns the names of the places of each rank. */
function ranksOf(list: PlaceList): string[][] {
  const ranks = [list.places.map(({ from }) => from)]
  while (list.hasNextRank) {
    list.nextRank(new WindlassError('DENIED', 'no'), 1)
    ranks.push(list.places.map(({ from }) => from))
  }
  return ranks
}

const ranks = (order: ForeignUrlOrder, from = source) => ranksOf(placesOf(descriptor, from, order))

describe('the places of a layer', () => {
  it('are the registry, then at most 32 of its URLs in the requested order', () => {
    expect(ranks('first-last')).toEqual([['registry.example'], urls.slice(0, 32)])
    expect(ranks('last-first')).toEqual([['registry.example'], [...urls].reverse().slice(0, 32)])
    expect(ranks('first-last')[1]![0]).toBe('https://x.example/0')
  })

  it('are only the registry if foreign URLs are disabled or the source cannot open them', () => {
    expect(ranks('only-registry')).toEqual([['registry.example']])
    const noUrls = { host: 'registry.example', blob: never } as unknown as ImageSource
    expect(ranks('first-last', noUrls)).toEqual([['registry.example']])
  })

  it('are named without the secrets of a URL', () => {
    const secret = { ...descriptor, urls: ['https://user:password@a.example/layer?token=secret#secret'] }
    expect(ranksOf(placesOf(secret, source, 'first-last'))[1]).toEqual(['https://a.example/layer'])
  })
})

describe('the places of a layer with mirrors', () => {
  const { signal } = new AbortController()

  /** Returns the loaded places of a source with a mirror. */
  async function loaded() {
    const recorded: WindlassError[] = []
    const asked: unknown[] = []
    const origin = (host: string, isMirror: boolean) => ({
      ...{ host, isMirror },
      blob: (...parameters: unknown[]) => {
        asked.push([host, ...parameters])
        return Promise.reject(new Error('asked'))
      },
      recordFailure: (error: WindlassError) => void recorded.push(error),
    })
    const mirrored = {
      ...source,
      blobOrigins: (request: unknown) => {
        asked.push(request)
        return Promise.resolve([origin('mirror.lan', true), origin('registry.example', false)])
      },
    } as unknown as ImageSource
    const list = placesWithMirrors(descriptor, mirrored, 'first-last')
    expect(list.places.map(({ from }) => from)).toEqual(['registry.example'])
    await list.load(signal)
    return { list, recorded, asked }
  }

  it('are those of the source, then the foreign URLs', async () => {
    const { list, asked } = await loaded()
    expect(list.places.map(({ isMirror }) => isMirror)).toEqual([true, false])
    await expect(list.places[0]!.fetch({ offset: 1 })).rejects.toThrow('asked')
    expect(asked).toEqual([{ signal }, ['mirror.lan', descriptor, { offset: 1 }]])
    expect(ranksOf(list)).toEqual([['mirror.lan', 'registry.example'], urls.slice(0, 32)])
  })

  it('report and record the failure of a mirror, not that of the registry', async () => {
    const { list, recorded } = await loaded()
    const [mirror, registry] = list.places
    const error = new WindlassError('REGISTRY_UNAVAILABLE', 'it is down', { status: 503 })
    expect(mirror!.onFailure!(error)).toEqual({
      ...{ type: 'warning', code: 'mirror-failed', message: 'it is down' },
      ...{ digest: descriptor.digest, status: 503 },
    })
    expect(mirror!.onFailure!(new WindlassError('NETWORK', 'no'))).not.toHaveProperty('status')
    expect(recorded.map(({ code }) => code)).toEqual(['REGISTRY_UNAVAILABLE', 'NETWORK'])
    expect(registry!.onFailure).toBeUndefined()
  })

  it('do not report what a mirror does not have', async () => {
    const { list, recorded } = await loaded()
    for (const code of ['BLOB_UNKNOWN', 'MANIFEST_UNKNOWN'] as const)
      expect(list.places[0]!.onFailure!(new WindlassError(code, 'not here'))).toBeUndefined()
    expect(recorded).toHaveLength(2)
  })

  it('are those without mirrors if the source has only one place', async () => {
    const list = placesWithMirrors(descriptor, source, 'first-last')
    await list.load(signal)
    expect(ranksOf(list)).toEqual([['registry.example'], urls.slice(0, 32)])
  })
})
