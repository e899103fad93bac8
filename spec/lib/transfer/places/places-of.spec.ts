import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import { type ImageSource, digestOf } from '../../../../lib/image/index.js'
import type { PlaceList } from '../../../../lib/transfer/places/place-list.js'
import { type ForeignUrlOrder, placesOf } from '../../../../lib/transfer/places/places-of.js'

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
