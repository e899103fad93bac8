import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../lib/image/index.js'
import { BlobRoute } from '../../../lib/transfer/blob-route.js'

const KiB = 1024
const route = () =>
  new BlobRoute({ mediaType: 'x', digest: digestOf(Buffer.from('x')), size: 2 ** 30 }, 'only-registry')

describe('the attempts at one layer', () => {
  it('are counted from the one that brought 64 KiB more, alone or together with those before', () => {
    const way = route()
    way.progressed(0, 1)
    way.progressed(64 * KiB - 1, 1)
    expect(way.attemptHere(1)).toBe(1)
    expect(way.attemptHere(2)).toBe(2)
    way.progressed(64 * KiB, 2)
    expect(way.attemptHere(2)).toBe(1)
    way.progressed(100 * KiB, 3)
    expect(way.attemptHere(3)).toBe(2)
    way.progressed(128 * KiB, 4)
    expect(way.attemptHere(4)).toBe(1)
  })

  it('are not counted anew for what an earlier run had left', () => {
    const way = route()
    way.progressed(900 * KiB, 1)
    way.progressed(900 * KiB, 3)
    expect(way.attemptHere(3)).toBe(3)
  })

  it('are not counted anew for bytes that were thrown away and came again', () => {
    const way = route()
    way.progressed(0, 1)
    way.progressed(100 * KiB, 1)
    for (let attempt = 2; attempt < 5; attempt++) {
      way.progressed(0, attempt)
      way.progressed(100 * KiB, attempt)
      expect(way.attemptHere(attempt)).toBe(attempt)
    }
  })
})

describe('the URLs of a layer', () => {
  const urls = Array.from({ length: 40 }, (_, at) => `https://x.example/${at}`)
  const descriptor = { mediaType: 'x', digest: digestOf(Buffer.from('x')), size: 1, urls }

  it('are tried in the order that is asked for, and no more of them than anybody would wait for', () => {
    expect(new BlobRoute(descriptor, 'first-last').urls).toEqual(urls.slice(0, 32))
    expect(new BlobRoute(descriptor, 'last-first').urls).toEqual([...urls].reverse().slice(0, 32))
    expect(new BlobRoute(descriptor, 'only-registry').urls).toEqual([])
  })

  it('are not tried again once one of them has had its last word', () => {
    const way = new BlobRoute({ ...descriptor, urls: urls.slice(0, 3) }, 'first-last')
    way.drop(urls[1]!)
    expect(way.urls).toEqual([urls[0], urls[2]])
  })
})
