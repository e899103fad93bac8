import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import type { BlobOrigin, BlobRequest, Descriptor, Digest } from '../../../../lib/image/index.js'
import { fastestOrigin } from '../../../../lib/sources/places/fastest-origin.js'
import { PlaceRates } from '../../../../lib/sources/places/place-rates.js'

const chunkBytes = 1_000

interface Behaviour {
  /** Milliseconds before the answer. */
  readonly answerAfter?: number
  readonly refuses?: boolean
  /** Position at which the body fails, or from which on it takes its time. */
  readonly failsAt?: number
  readonly stopsAt?: number
  /** Milliseconds for which the body waits at these positions. */
  readonly pauses?: Readonly<Record<number, number>>
}

interface Place extends BlobOrigin {
  readonly failures: WindlassError[]
  readonly offsets: number[]
  /** Number of requests without an answer, and of bodies that are open. */
  pending: number
  open: number
}

function place(host: string, content: Buffer, behaviour: Behaviour = {}): Place {
  const { answerAfter = 0, refuses = false, failsAt = Infinity, stopsAt = Infinity, pauses = {} } = behaviour
  const made: Place = {
    host,
    isMirror: true,
    failures: [],
    offsets: [],
    pending: 0,
    open: 0,
    recordFailure: (error) => made.failures.push(error),
    blob: async (descriptor, { offset = 0, signal } = {}) => {
      made.offsets.push(offset)
      made.pending++
      try {
        if (answerAfter > 0) await sleep(answerAfter, undefined, signal && { signal })
      } finally {
        made.pending--
      }
      if (refuses) throw new WindlassError('NETWORK', `${host} refuses`)
      made.open++
      const chunks = async function* (): AsyncGenerator<Buffer> {
        for (let at = offset; at < content.length; at += chunkBytes) {
          if (at >= failsAt) throw new WindlassError('NETWORK', `${host} died`)
          if (pauses[at] !== undefined) await sleep(pauses[at], undefined, signal && { signal })
          if (at >= stopsAt) await sleep(60_000, undefined, signal && { signal })
          yield content.subarray(at, at + chunkBytes)
        }
      }
      const stream = Readable.from(chunks(), { objectMode: false })
      stream.once('close', () => made.open--)
      return { stream, offset, size: descriptor.size, validator: undefined, host }
    },
  }
  return made
}

const descriptorOf = (content: Buffer): Descriptor => ({
  mediaType: 'application/octet-stream',
  digest: `sha256:${createHash('sha256').update(content).digest('hex')}` as Digest,
  size: content.length,
})

async function read(places: readonly Place[], content: Buffer) {
  const origin = fastestOrigin(places, new PlaceRates())
  const body = await origin.blob(descriptorOf(content))
  const chunks: Buffer[] = []
  for await (const chunk of body.stream) chunks.push(chunk as Buffer)
  return { bytes: Buffer.concat(chunks), host: body.host, origin }
}

describe('fastestOrigin', () => {
  const content = randomBytes(20_000)

  it('reads from the first place alone while it sends', async () => {
    const [a, b] = [place('a', content), place('b', content)]
    const { bytes, host } = await read([a, b], content)
    expect(bytes.equals(content)).toBe(true)
    expect(host).toBe('a')
    expect(b.offsets).toEqual([])
  })

  it('asks the next place if the first does not answer within 250 ms, and closes the first', async () => {
    const [slow, b] = [place('slow', content, { answerAfter: 5_000 }), place('b', content)]
    const before = performance.now()
    const { bytes, host } = await read([slow, b], content)
    expect(bytes.equals(content)).toBe(true)
    expect(host).toBe('b')
    expect(performance.now() - before).toBeLessThan(2_000)
    expect(slow.open).toBe(0)
  })

  it('lets the next place overtake one that stops in the middle, at the same byte', async () => {
    const [a, b] = [place('a', content, { stopsAt: 8_000 }), place('b', content)]
    const { bytes, host } = await read([a, b], content)
    expect(bytes.equals(content)).toBe(true)
    expect(host).toBe('b')
    expect(b.offsets).toEqual([8_000])
    expect(a.open).toBe(0)
  })

  it('passes on the part that is wanted and who listens, but no validator, which is that of one place', async () => {
    const a = place('a', content, { failsAt: 8_000 })
    const b = place('b', content)
    const requests: BlobRequest[] = []
    for (const each of [a, b]) {
      const blob = each.blob.bind(each)
      each.blob = (descriptor, request = {}) => {
        requests.push(request)
        return blob(descriptor, request)
      }
    }
    const onRequest = (): void => undefined
    const request = { offset: 2_000, length: 9_000, validator: '"v"', onRequest }
    const body = await fastestOrigin([a, b], new PlaceRates()).blob(descriptorOf(content), request)
    const chunks: Buffer[] = []
    for await (const chunk of body.stream) chunks.push(chunk as Buffer)
    expect(Buffer.concat(chunks).equals(content.subarray(2_000, 11_000))).toBe(true)
    expect(requests).toMatchObject([
      { offset: 2_000, length: 9_000, onRequest },
      { offset: 8_000, length: 3_000, onRequest },
    ])
    for (const each of requests) expect(each).not.toHaveProperty('validator')
    expect([a.open, b.open]).toEqual([0, 0])
  })

  it('blames nobody for what is not known to be wrong', async () => {
    const [a, b] = [place('a', content), place('b', content)]
    const { origin } = await read([a, b], content)
    origin.recordFailure(new WindlassError('NETWORK', 'it broke'))
    expect([a.failures, b.failures]).toEqual([[], []])
  })

  it('blames all contributors for wrong bytes', async () => {
    const [a, b, c] = [place('a', content, { failsAt: 5_000 }), place('b', content), place('c', content)]
    const { origin } = await read([a, b, c], content)
    const wrong = new WindlassError('DIGEST_MISMATCH', 'wrong')
    origin.recordFailure(wrong)
    expect(a.failures.at(-1)).toBe(wrong)
    expect(b.failures).toEqual([wrong])
    expect(c.failures).toEqual([])
  })

  it('closes everything when the reader stops early', async () => {
    const [a, b] = [place('a', content, { stopsAt: 3_000 }), place('b', content, { answerAfter: 3_000 })]
    const body = await fastestOrigin([a, b], new PlaceRates()).blob(descriptorOf(content))
    const chunks = body.stream[Symbol.asyncIterator]()
    for (let bytes = 0; bytes < 3_000;) bytes += ((await chunks.next()).value as Buffer).length
    await sleep(700)
    body.stream.destroy()
    await sleep(50)
    expect([a.open, b.open]).toEqual([0, 0])
    expect(b.offsets).toHaveLength(1)
    expect(b.pending).toBe(0)
  })

  it('closes a place that answers when the present one has caught up, and may ask it again', async () => {
    const a = place('a', content, { pauses: { 3_000: 900, 15_000: 800 } })
    const b = place('b', content, { answerAfter: 600 })
    const { bytes, host } = await read([a, b], content)
    expect(bytes.equals(content)).toBe(true)
    expect(host).toBe('a')
    expect(b.offsets).toEqual([3_000, 15_000])
    await sleep(50)
    expect([b.open, b.pending]).toEqual([0, 0])
    expect([a.failures, b.failures]).toEqual([[], []])
  })

  it('asks no other place after an error that is not of the place, or once the caller cancelled', async () => {
    const broken = place('a', content)
    broken.blob = () => Promise.reject(new TypeError('a bug'))
    const b = place('b', content)
    await expect(read([broken, b], content)).rejects.toThrow('a bug')
    const cancel = new AbortController()
    const slow = place('slow', content, { answerAfter: 5_000 })
    const opened = fastestOrigin([slow], new PlaceRates()).blob(descriptorOf(content), {
      signal: cancel.signal,
    })
    cancel.abort()
    await expect(opened).rejects.toThrow()
    expect([broken.failures, b.offsets, slow.failures, slow.pending]).toEqual([[], [], [], 0])
  })

  it('asks no other place when a body fails with an error that is not of the place', async () => {
    const [a, b] = [place('a', content), place('b', content)]
    const blob = a.blob.bind(a)
    a.blob = async (...request) => {
      const body = await blob(...request)
      const chunks = async function* (): AsyncGenerator<Buffer> {
        yield content.subarray(0, 1_000)
        await sleep(1)
        throw new WindlassError('STORE_FULL', 'the disk is full')
      }
      body.stream.destroy()
      return { ...body, stream: Readable.from(chunks(), { objectMode: false }) }
    }
    await expect(read([a, b], content)).rejects.toMatchObject({ code: 'STORE_FULL' })
    expect([a.failures, b.offsets]).toEqual([[], []])
  })

  it('throws the error of the last place if all refuse', async () => {
    const places = [place('a', content, { refuses: true }), place('b', content, { refuses: true })]
    await expect(read(places, content)).rejects.toMatchObject({ message: 'b refuses' })
  })

  it('gives exactly the blob, or an error, whatever the places do', async () => {
    const behaviour = fc.record(
      { refuses: fc.boolean(), failsAt: fc.integer({ min: 0, max: 12_000 }), answerAfter: fc.constant(1) },
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(behaviour, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 0, max: 10_000 }),
        async (behaviours, size) => {
          const blob = randomBytes(size)
          const places = behaviours.map((each, index) => place(String(index), blob, each))
          const outcome = await read(places, blob).catch((error: unknown) => error)
          if (outcome instanceof WindlassError) expect(outcome.code).toBe('NETWORK')
          else expect((outcome as { bytes: Buffer }).bytes.equals(blob)).toBe(true)
          await sleep(1)
          expect(places.every(({ open }) => open === 0)).toBe(true)
          expect(places.every(({ offsets }) => offsets.length <= 1)).toBe(true)
        },
      ),
      { numRuns: 60 },
    )
  })
})
