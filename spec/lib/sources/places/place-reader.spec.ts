import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import { type BlobOrigin, type BlobRequest, type Descriptor, digestOf } from '../../../../lib/image/index.js'
import { PlaceReader, endedEarlyError } from '../../../../lib/sources/places/place-reader.js'

const content = Buffer.from('0123456789abcdefghij')
const descriptor: Descriptor = { mediaType: 'x', digest: digestOf(content), size: content.length }

/** A place that sends chunks of 4 bytes from the requested offset on, or from the first byte on. */
function place({ isWhole = false, failure }: { isWhole?: boolean; failure?: Error } = {}) {
  const requests: BlobRequest[] = []
  const streams: Readable[] = []
  const origin: BlobOrigin = {
    ...{ host: 'h', isMirror: true, recordFailure: () => undefined },
    blob: (_, request = {}) => {
      requests.push(request)
      const offset = isWhole ? 0 : (request.offset ?? 0)
      const chunks = async function* (): AsyncGenerator<Buffer> {
        await Promise.resolve()
        if (failure) throw failure
        for (let at = offset; at < content.length; at += 4) yield content.subarray(at, at + 4)
      }
      const stream = Readable.from(chunks())
      streams.push(stream)
      return Promise.resolve({ stream, offset, size: content.length, validator: undefined, host: 'h' })
    },
  }
  return { origin, requests, streams }
}
async function restOf(reader: PlaceReader): Promise<string> {
  let text = ''
  for (let next = await reader.next(); next !== undefined; next = await reader.next()) text += next.toString()
  return text
}

describe('a blob that is read from one place', () => {
  it.each([false, true])(
    'is read from a position on, also if the place sends it whole: %s',
    async (isWhole) => {
      const { origin, requests, streams } = place({ isWhole })
      const reader = await PlaceReader.open(origin, descriptor, { offset: 6 })
      expect(requests).toMatchObject([{ offset: 6 }])
      expect(await restOf(reader)).toBe('6789abcdefghij')
      expect([reader.bytes, await reader.next()]).toEqual([14, undefined])
      reader.close()
      expect(streams[0]!.destroyed).toBe(true)
    },
  )

  it('is read from its first byte on if no position was requested', async () => {
    const reader = await PlaceReader.open(place({ isWhole: true }).origin, descriptor, {})
    expect(await restOf(reader)).toBe(content.toString())
    reader.close()
  })

  it.each([0, 3, 4, 7, 20])('skips the %i bytes that another place has sent meanwhile', async (count) => {
    const reader = await PlaceReader.open(place().origin, descriptor, { offset: 0 })
    await reader.skip(count)
    expect(await restOf(reader)).toBe(content.subarray(count).toString())
    reader.close()
  })

  it('is not open any more if its first bytes fail, and its request is aborted', async () => {
    const failure = new WindlassError('NETWORK', 'it broke')
    const { origin, requests, streams } = place({ failure })
    await expect(PlaceReader.open(origin, descriptor, {})).rejects.toBe(failure)
    expect([streams[0]!.destroyed, requests[0]!.signal?.aborted]).toEqual([true, true])
  })

  it('is aborted by the signal of the caller and by its own, which only it has', async () => {
    const { origin, requests } = place()
    const [stop, own] = [new AbortController(), new AbortController()]
    const reader = await PlaceReader.open(origin, descriptor, { signal: stop.signal }, own)
    expect([reader.isClosedBy(own), reader.isClosedBy(new AbortController())]).toEqual([true, false])
    expect(requests[0]!.signal?.aborted).toBe(false)
    stop.abort()
    expect(requests[0]!.signal?.aborted).toBe(true)
    reader.close()
    expect(own.signal.aborted).toBe(true)
  })

  it('says where it ended too early', async () => {
    const reader = await PlaceReader.open(place().origin, descriptor, {})
    expect(endedEarlyError(reader, descriptor, 7)).toMatchObject({
      ...{ code: 'NETWORK', subject: { digest: descriptor.digest, host: 'h' } },
      message: `Reading the blob ${descriptor.digest} failed: h ended the transfer after 7 bytes`,
    })
    reader.close()
  })
})
