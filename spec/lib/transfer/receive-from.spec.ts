/** Downloading a layer from the URLs of its descriptor: which are tried, their events, and the bytes of those that fail. */
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../lib/errors.js'
import type { ImageSource } from '../../../lib/image/index.js'
import type { BlobPlace } from '../../../lib/transfer/places/blob-place.js'
import { PlaceList } from '../../../lib/transfer/places/place-list.js'
import { placesOf } from '../../../lib/transfer/places/places-of.js'
import { receiveFrom } from '../../../lib/transfer/receive-from.js'
import { arrival } from '../../support/arriving-layer.js'

const bytes = Buffer.from('all the bytes of the layer')
const wrong = Buffer.from(bytes).fill('x', 3, 4)
const [a, b, c] = ['https://a.example/', 'https://b.example/', 'https://c.example/'] as const

/** A layer with a URL for each of the given results, bytes or an error. */
async function layerOf(answers: Readonly<Record<string, Buffer | WindlassError>>) {
  const asked: string[] = []
  const source = {
    host: 'h',
    foreignBlob: async (url: string) => {
      asked.push(url)
      const answer = answers[url]!
      if (answer instanceof WindlassError) throw answer
      return { stream: Readable.from([answer]), offset: 0, size: undefined, validator: undefined, host: url }
    },
  }
  const here = await arrival(bytes, { source })
  const descriptor = { ...here.layer.descriptor, urls: Object.keys(answers) }
  const places = placesOf(descriptor, source as unknown as ImageSource, 'first-last')
  places.nextRank(new WindlassError('BLOB_UNKNOWN', 'the registry does not have it'), 1)
  return { ...here, places, asked, receive: () => receiveFrom(here.layer, here.turn, places) }
}
const unknown = new WindlassError('BLOB_UNKNOWN', 'not here')
const broken = new WindlassError('NETWORK', 'broken', { retryable: true })

describe('a layer from foreign URLs', () => {
  it('is downloaded from the next URL if one does not have it or sends wrong bytes, which are discarded', async () => {
    const { receive, asked, layer, events } = await layerOf({ [a]: unknown, [b]: wrong, [c]: bytes })
    await receive()
    expect(asked).toEqual([a, b, c])
    expect(readFileSync(layer.path)).toEqual(bytes)
    expect(events.filter(({ type }) => type === 'warning')).toHaveLength(2)
  })

  it('leaves no wrong bytes to resume, also after the last URL', async () => {
    const { receive, file } = await layerOf({ [a]: wrong })
    await expect(receive()).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    expect(file.state.length).toBe(0)
  })

  it('is requested again only from URLs that may succeed later', async () => {
    const { receive, places } = await layerOf({ [a]: unknown, [b]: broken, [c]: wrong })
    await expect(receive()).rejects.toMatchObject({ code: 'DIGEST_MISMATCH', retryable: true })
    expect(places.places.map(({ from }) => from)).toEqual([b])
  })

  it('is not retried if no URL may succeed later', async () => {
    const { receive, places } = await layerOf({ [a]: unknown, [b]: unknown })
    await expect(receive()).rejects.toMatchObject({ code: 'BLOB_UNKNOWN', retryable: false })
    expect(places.places).toEqual([])
  })

  it('fails with the hint of a URL that was refused', async () => {
    const hint = 'Allow it with “--allow-redirect”.'
    const refused = new WindlassError('REDIRECT_REFUSED', 'not there', { hint })
    const { receive } = await layerOf({ [a]: unknown, [b]: refused })
    await expect(receive()).rejects.toMatchObject({ code: 'BLOB_UNKNOWN', hint })
  })

  it('fails at once with errors of this machine', async () => {
    const full = new WindlassError('STORE_FULL', 'full')
    const { receive, asked } = await layerOf({ [a]: full, [b]: bytes })
    await expect(receive()).rejects.toBe(full)
    expect(asked).toEqual([a])
  })

  it('is reported without the secrets of a URL', async () => {
    const url = 'https://user:password@a.example/layer?token=secret#secret'
    const { receive, events } = await layerOf({ [url]: unknown })
    await expect(receive()).rejects.toThrow(
      /^Failed to download layer sha256:\w+ from .* or (?:a|the) foreign URL of the layer: /,
    )
    expect(events.find(({ type }) => type === 'warning')).toMatchObject({ url: 'https://a.example/layer' })
  })
})

/** What a place sends: the bytes from the requested offset on, at most `atMost`, with a failure after them. */
interface Sent {
  readonly bytes?: Buffer
  readonly atMost?: number
  readonly failure?: WindlassError
  /** Sends from the first byte on, whatever is requested. */
  readonly isWhole?: boolean
}

/** A layer with mirrors and the registry, of which each sends what is given. */
async function mirrored({ mirrors, registry }: { mirrors: readonly Sent[]; registry: Sent }) {
  const here = await arrival(bytes)
  const asked: string[] = []
  const reported: string[] = []
  const placeAt = (from: string, isMirror: boolean, sent: Sent): BlobPlace => ({
    ...{ from, isMirror },
    fetch: ({ offset: requested = 0 }) => {
      asked.push(`${from} ${requested}`)
      const { bytes: content = bytes, atMost = Infinity, failure, isWhole = false } = sent
      const offset = isWhole ? 0 : requested
      if (failure && atMost === Infinity) return Promise.reject(failure)
      const stream = Readable.from(
        (async function* () {
          yield await Promise.resolve(content.subarray(offset, offset + atMost))
          if (failure) throw failure
        })(),
      )
      return Promise.resolve({ stream, offset, size: undefined, validator: undefined, host: from })
    },
    onFailure: ({ code, message }) => {
      reported.push(`${from} ${code}`)
      return { type: 'warning', code: 'x', message }
    },
  })
  const list = new PlaceList([
    ...mirrors.map((sent, at) => placeAt(`m${at}`, true, sent)),
    placeAt('r', false, registry),
  ])
  const receiveLayer = () => receiveFrom(here.layer, here.turn, list)
  const left = () => list.places.map(({ from }) => from)
  return { ...here, list, asked, reported, left, receive: receiveLayer }
}

describe('a layer from mirrors', () => {
  const refusing = { failure: broken }

  it('continues at the next place, and each mirror is tried once', async () => {
    const { receive, asked, left, layer, reported } = await mirrored({
      mirrors: [{ atMost: 5, failure: broken }, refusing, { failure: unknown }],
      registry: {},
    })
    await receive()
    expect(readFileSync(layer.path)).toEqual(bytes)
    expect(asked).toEqual(['m0 0', 'm1 5', 'm2 5', 'r 5'])
    expect(reported).toEqual(['m0 NETWORK', 'm1 NETWORK', 'm2 BLOB_UNKNOWN'])
    expect(left()).toEqual(['r'])
  })

  it('is not requested from a mirror again after a failure of all places', async () => {
    const { receive, asked } = await mirrored({ mirrors: [refusing], registry: refusing })
    await expect(receive()).rejects.toBe(broken)
    await expect(receive()).rejects.toBe(broken)
    expect(asked).toEqual(['m0 0', 'r 0', 'r 0'])
  })

  it('fails with the error of the registry, unchanged, if that is final too', async () => {
    const denied = new WindlassError('DENIED', 'no access')
    const { receive, left } = await mirrored({
      mirrors: [{ bytes: wrong }, refusing],
      registry: { failure: denied },
    })
    await expect(receive()).rejects.toBe(denied)
    expect(left()).toEqual([])
  })

  it('blames the mirrors for wrong bytes that they sent first, and is downloaded again from the same place', async () => {
    const { receive, asked, reported, layer, events } = await mirrored({
      mirrors: [{ bytes: wrong, atMost: 5, failure: broken }, { atMost: 5, failure: broken }, refusing],
      registry: {},
    })
    await receive()
    expect(readFileSync(layer.path)).toEqual(bytes)
    expect(asked).toEqual(['m0 0', 'm1 5', 'm2 10', 'r 10', 'r 0'])
    // The third mirror sent nothing.
    expect(reported.slice(3)).toEqual(['m0 DIGEST_MISMATCH', 'm1 DIGEST_MISMATCH'])
    expect(events.filter(({ type }) => type === 'warning')).toHaveLength(5)
  })

  it('blames them also after an attempt in which all places failed', async () => {
    const registry: { atMost?: number; failure?: WindlassError } = { failure: broken }
    const { receive, asked, reported, layer } = await mirrored({
      mirrors: [{ bytes: wrong, atMost: 5, failure: broken }],
      registry,
    })
    await expect(receive()).rejects.toBe(broken)
    delete registry.failure
    await receive()
    expect(readFileSync(layer.path)).toEqual(bytes)
    expect(asked).toEqual(['m0 0', 'r 5', 'r 5', 'r 0'])
    expect(reported).toEqual(['m0 NETWORK', 'r NETWORK', 'm0 DIGEST_MISMATCH'])
  })

  it('blames only the mirror that sent the bytes of the file if one has begun again', async () => {
    const { receive, asked, reported } = await mirrored({
      mirrors: [
        { atMost: 10, failure: broken },
        { bytes: wrong, atMost: 5, failure: broken, isWhole: true },
      ],
      registry: {},
    })
    await receive()
    expect(asked).toEqual(['m0 0', 'm1 10', 'r 5', 'r 0'])
    expect(reported).toEqual(['m0 NETWORK', 'm1 NETWORK', 'm1 DIGEST_MISMATCH'])
  })

  it('is not tried elsewhere after a cancellation', async () => {
    const stop = new AbortController()
    const { layer, turn, list, asked } = await mirrored({ mirrors: [refusing], registry: {} })
    stop.abort()
    const receiving = receiveFrom(layer, { ...turn, signal: stop.signal }, list)
    await expect(receiving).rejects.toBe(broken)
    expect(asked).toEqual(['m0 0'])
  })

  it('blames no mirror if the whole layer of the next place is right', async () => {
    const { receive, asked, reported } = await mirrored({ mirrors: [{ bytes: wrong }], registry: {} })
    await receive()
    expect(asked).toEqual(['m0 0', 'r 0'])
    expect(reported).toEqual(['m0 DIGEST_MISMATCH'])
  })
})
