import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import type { BlobBody, BlobOrigin, BlobRequest } from '../../../../lib/image/index.js'
import { readFromPlaces } from '../../../../lib/sources/places/read-from-places.js'
import { failure } from '../../../support/failure.js'
import { bytesOf } from '../../../support/with-registry.js'
import { blobOf } from '../../../support/with-target.js'

/** Larger than the blobs that are verified before their first byte is passed on. */
const large = Buffer.from(Array.from({ length: 4 * 2 ** 20 + 100_000 }, (_, at) => at % 251))
const small = large.subarray(0, 50_000)
/** Of large blobs, so that a stream has several. */
const chunkBytes = 300_000

/** What a place does: serve the blob, refuse, send `after` bytes and fail, or send a wrong byte at `after`. */
interface Behaviour {
  readonly kind: 'serve' | 'refuse' | 'die' | 'end early' | 'wrong byte'
  readonly after?: number
  /** Sends the whole blob, whatever was requested. */
  readonly ignoresRanges?: boolean
}

class Place implements BlobOrigin {
  readonly requests: BlobRequest[] = []
  readonly failures: WindlassError[] = []
  readonly streams: Readable[] = []

  constructor(
    readonly host: string,
    readonly isMirror: boolean,
    readonly bytes: Buffer,
    readonly behaviour: Behaviour = { kind: 'serve' },
  ) {}

  blob(_: unknown, request: BlobRequest = {}): Promise<BlobBody> {
    this.requests.push(request)
    const { kind, ignoresRanges = false } = this.behaviour
    if (kind === 'refuse') return Promise.reject(new WindlassError('BLOB_UNKNOWN', `${this.host} has none`))
    const offset = ignoresRanges ? 0 : (request.offset ?? 0)
    const end = ignoresRanges ? this.bytes.length : offset + (request.length ?? this.bytes.length)
    const stream = Readable.from(this.#chunks(offset, Math.min(end, this.bytes.length)), {
      objectMode: false,
    })
    this.streams.push(stream)
    const validator = `"${this.host}"`
    return Promise.resolve({ stream, offset, size: this.bytes.length, validator, host: this.host })
  }

  recordFailure(error: WindlassError): void {
    this.failures.push(error)
  }

  async *#chunks(from: number, to: number): AsyncGenerator<Buffer> {
    const { kind, after = 0 } = this.behaviour
    const last = kind === 'die' || kind === 'end early' ? Math.min(to, from + after) : to
    for (let at = from; at < last; at += chunkBytes) {
      const chunk = Buffer.from(this.bytes.subarray(at, Math.min(last, at + chunkBytes)))
      const wrong = after - at
      if (kind === 'wrong byte' && wrong >= 0 && wrong < chunk.length) chunk[wrong]! ^= 1
      yield chunk
    }
    if (kind === 'die') throw new WindlassError('NETWORK', `${this.host} died`)
  }
}

/** Mirrors with the given behaviours, and the registry. */
function placesOf(bytes: Buffer, mirrors: readonly Behaviour[], registry?: Behaviour): Place[] {
  return [
    ...mirrors.map((behaviour, at) => new Place(`mirror${at}`, true, bytes, behaviour)),
    new Place('registry', false, bytes, registry),
  ]
}

async function read(places: readonly Place[], request: BlobRequest = {}) {
  const body = await readFromPlaces(places, blobOf(places[0]!.bytes), request)
  return { body, bytes: await bytesOf(body) }
}

const codesOf = ({ failures }: Place): string[] => failures.map(({ code }) => code)

describe('a blob from several places', () => {
  it('comes from the first place, whose stream is passed on, if that is not a mirror', async () => {
    const places = placesOf(small, [])
    const { body, bytes } = await read(places)
    expect(bytes.equals(small)).toBe(true)
    expect(body.stream).toBe(places[0]!.streams[0])
    expect(body).toMatchObject({ host: 'registry', validator: '"registry"', offset: 0, size: small.length })
  })

  it('is verified before its first byte is passed on if a mirror sends it and it is small', async () => {
    const [mirror, registry] = placesOf(small, [{ kind: 'wrong byte', after: 49_999 }]) as [Place, Place]
    const { body, bytes } = await read([mirror, registry])
    expect(bytes.equals(small)).toBe(true)
    expect(body.host).toBe('registry')
    expect(codesOf(mirror)).toEqual(['DIGEST_MISMATCH'])
    expect(mirror.failures[0]).toMatchObject({
      message: expect.stringMatching(/^mirror0 sent wrong bytes: /) as string,
      subject: { host: 'mirror0' },
    })
    expect(registry.failures).toEqual([])
  })

  it('continues at the same byte when a mirror dies, and names the place that serves it then', async () => {
    const places = placesOf(large, [{ kind: 'die', after: 1_000_000 }, { kind: 'refuse' }])
    const body = await readFromPlaces(places, blobOf(large), { validator: '"x"', onRequest: () => undefined })
    expect(body.host).toBe('mirror0')
    expect((await bytesOf(body)).equals(large)).toBe(true)
    expect(body.host).toBe('registry')
    const [first, second, registry] = places as [Place, Place, Place]
    expect(codesOf(first)).toEqual(['NETWORK'])
    expect(codesOf(second)).toEqual(['BLOB_UNKNOWN'])
    expect(registry.requests).toMatchObject([{ offset: 1_000_000, length: large.length - 1_000_000 }])
    // A validator of another place would be wrong.
    expect(registry.requests[0]!.validator).toBeUndefined()
    expect(registry.requests[0]!.onRequest).toBeTypeOf('function')
  })

  it('continues when a mirror ends the stream too early', async () => {
    const places = placesOf(large, [{ kind: 'end early', after: 700_000 }])
    expect((await read(places)).bytes.equals(large)).toBe(true)
    expect(places[0]!.failures[0]).toMatchObject({
      code: 'NETWORK',
      message: expect.stringContaining(
        `mirror0 ended the transfer after 700000 of ${large.length} bytes`,
      ) as string,
    })
  })

  it('continues at a place that sends the whole blob', async () => {
    const places = placesOf(large, [{ kind: 'die', after: 1_000_001 }], {
      kind: 'serve',
      ignoresRanges: true,
    })
    expect((await read(places)).bytes.equals(large)).toBe(true)
  })

  it('fails before its last bytes if mirrors sent wrong ones, and blames all of them', async () => {
    const places = placesOf(large, [
      { kind: 'wrong byte', after: 5 },
      { kind: 'die', after: 1_000_000 },
    ])
    const error = await failure(read(places))
    expect(error).toMatchObject({ code: 'DIGEST_MISMATCH', retryable: true, subject: { host: 'mirror0' } })
    expect(codesOf(places[0]!)).toEqual(['DIGEST_MISMATCH'])
    expect(places[1]!.requests).toEqual([])
    const both = placesOf(large, [
      { kind: 'die', after: 1_000_000 },
      { kind: 'wrong byte', after: 2_000_000 },
    ])
    expect((await failure(read(both))).message).toMatch(/^mirror0 or mirror1 sent wrong bytes: /)
    expect(codesOf(both[0]!)).toEqual(['NETWORK', 'DIGEST_MISMATCH'])
    expect(codesOf(both[1]!)).toEqual(['DIGEST_MISMATCH'])
  })

  it('fails with the error of the registry if that fails too', async () => {
    expect(await failure(read(placesOf(small, [{ kind: 'refuse' }], { kind: 'refuse' })))).toMatchObject({
      message: 'registry has none',
    })
    const dead = placesOf(large, [{ kind: 'die', after: 10 }], { kind: 'die', after: 10 })
    expect(await failure(read(dead))).toMatchObject({ message: 'registry died' })
    expect(dead[1]!.failures).toEqual([])
  })

  it('is not requested elsewhere if the caller cancelled, or for an error of this machine', async () => {
    const cancel = new AbortController()
    const cancelled = placesOf(small, [{ kind: 'refuse' }])
    cancel.abort()
    await failure(read(cancelled, { signal: cancel.signal }))
    expect(cancelled[1]!.requests).toEqual([])
    const broken = placesOf(small, [{ kind: 'serve' }])
    broken[0]!.blob = () => Promise.reject(new TypeError('a bug'))
    await expect(read(broken)).rejects.toThrow('a bug')
    expect(broken[1]!.requests).toEqual([])
  })

  it.each([
    ['the caller cancelled', 'NETWORK'],
    ['the disk is full', 'STORE_FULL'],
  ] as const)('does not continue elsewhere if %s', async (_, code) => {
    const cancel = new AbortController()
    const places = placesOf(large, [{ kind: 'serve' }])
    const [mirror, registry] = places
    const blob = mirror!.blob.bind(mirror)
    mirror!.blob = async (...request) => {
      const body = await blob(...request)
      const chunks = async function* (): AsyncGenerator<Buffer> {
        yield large.subarray(0, chunkBytes)
        await Promise.resolve()
        if (code === 'NETWORK') cancel.abort()
        throw new WindlassError(code, 'it failed')
      }
      body.stream.destroy()
      return { ...body, stream: Readable.from(chunks(), { objectMode: false }) }
    }
    expect(await failure(read(places, { signal: cancel.signal }))).toMatchObject({ code })
    expect(mirror!.failures).toEqual([])
    expect(registry!.requests).toEqual([])
  })

  it('closes the stream of a place that is left, and of all when the reader leaves', async () => {
    const places = placesOf(large, [{ kind: 'die', after: 1_000_000 }])
    const body = await readFromPlaces(places, blobOf(large), {})
    let received = 0
    for await (const chunk of body.stream as AsyncIterable<Buffer>) {
      received += chunk.length
      if (received > 1_500_000) break
    }
    expect(places.map(({ streams }) => streams.map(({ destroyed }) => destroyed))).toEqual([[true], [true]])
    expect(places[1]!.failures).toEqual([])
  })

  it('is read in part, also from places that send the whole of it', async () => {
    const request = { offset: 1_000_000, length: 500_000 }
    const wanted = large.subarray(1_000_000, 1_500_000)
    expect(
      (await read(placesOf(large, [{ kind: 'die', after: 350_000 }]), request)).bytes.equals(wanted),
    ).toBe(true)
    const { body, bytes } = await read(placesOf(large, [{ kind: 'serve', ignoresRanges: true }]), request)
    expect(
      bytes
        .subarray(request.offset - body.offset)
        .subarray(0, request.length)
        .equals(wanted),
    ).toBe(true)
  })
})

const kinds = ['serve', 'refuse', 'die', 'end early', 'wrong byte'] as const
const behaviourFor = (size: number, allowed: readonly Behaviour['kind'][] = kinds) =>
  fc.record({
    kind: fc.constantFrom(...allowed),
    after: fc.nat({ max: Math.max(0, size - 1) }),
    ignoresRanges: fc.boolean(),
  })

/** A blob of any size up to that of `large`, some behaviours of mirrors, and that of a registry without wrong bytes. */
const reading = fc
  .oneof(
    { weight: 3, arbitrary: fc.integer({ min: 1, max: 5000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 4 * 2 ** 20 - 2, max: large.length }) },
  )
  .chain((size) =>
    fc.record({
      size: fc.constant(size),
      mirrors: fc.array(behaviourFor(size), { maxLength: 4 }),
      registry: behaviourFor(size, ['serve', 'serve', 'refuse', 'die', 'end early']),
      range: fc.option(
        fc.record({ offset: fc.nat({ max: size - 1 }), length: fc.integer({ min: 1, max: size }) }),
      ),
    }),
  )

describe('any blob from any places', () => {
  it('is read completely or fails, and no mirror is asked twice', async () => {
    await fc.assert(
      fc.asyncProperty(reading, async ({ size, mirrors, registry }) => {
        const bytes = large.subarray(0, size)
        const places = placesOf(bytes, mirrors, registry)
        const result = await readOrFail(places)
        if (Buffer.isBuffer(result)) {
          // The caller verifies what the registry alone sent. It may have ended too early, but has no wrong bytes.
          const isOfRegistry = places
            .slice(0, -1)
            .every(({ streams, failures }) => streams.length <= failures.length)
          if (isOfRegistry && registry.kind === 'end early')
            expect(bytes.subarray(0, result.length).equals(result)).toBe(true)
          else expect(result.equals(bytes)).toBe(true)
        } else if (result.code !== 'DIGEST_MISMATCH') {
          // The registry failed.
          expect(registry.kind).not.toBe('serve')
        }
        for (const { requests } of places) expect(requests.length).toBeLessThanOrEqual(1)
        for (const { streams } of places) for (const { destroyed } of streams) expect(destroyed).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it('is read in part, or fails', async () => {
    await fc.assert(
      fc.asyncProperty(reading, async ({ size, mirrors, registry, range }) => {
        if (range === null) return
        const bytes = large.subarray(0, size)
        const honest = mirrors.map((each): Behaviour =>
          each.kind === 'wrong byte' ? { ...each, kind: 'die' } : each,
        )
        const places = placesOf(bytes, honest, registry)
        const wanted = bytes.subarray(range.offset, range.offset + range.length)
        let at = range.offset
        const result = await readOrFail(places, range, (offset) => (at = offset))
        if (Buffer.isBuffer(result)) {
          const found = result.subarray(range.offset - at).subarray(0, wanted.length)
          if (registry.kind === 'end early') expect(wanted.subarray(0, found.length).equals(found)).toBe(true)
          else expect(found.equals(wanted)).toBe(true)
        } else expect(registry.kind).not.toBe('serve')
        for (const { requests } of places) expect(requests.length).toBeLessThanOrEqual(1)
      }),
      { numRuns: 60 },
    )
  })
})

/** Reads a blob or a part of it. Returns its bytes or the error. */
async function readOrFail(
  places: readonly Place[],
  request: BlobRequest = {},
  onOffset: (offset: number) => void = () => undefined,
): Promise<Buffer | WindlassError> {
  try {
    const { body, bytes } = await read(places, request)
    onOffset(body.offset)
    return bytes
  } catch (error) {
    if (error instanceof WindlassError) return error
    throw error
  }
}
