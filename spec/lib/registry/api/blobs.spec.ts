import { createServer, type AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { Writable } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import { Registries } from '../../../../lib/registry/index.js'
import { faults } from '../../../../lib/testing/registry/index.js'
import { drip, headOfAnswer } from '../../../../lib/testing/registry/wire.js'
import { bytesOf, content, descriptor, talk, withRegistry } from '../../../support/with-registry.js'

const etag = (digest: string): string => `"${digest}"`

describe('blobs', () => {
  it('returns the stream, size and validator of a blob (S1-09)', () =>
    withRegistry({}, {}, async ({ repository, registry, blob }) => {
      const body = await repository.blob(blob)
      expect(body).toMatchObject({
        offset: 0,
        size: content.length,
        validator: etag(blob.digest),
        host: registry.host,
      })
      expect((await bytesOf(body)).equals(content)).toBe(true)
      const headers = registry.requests.at(-1)?.headers
      expect(headers?.['accept-encoding']).toBe('identity')
      expect(headers).not.toHaveProperty('range')
    }))

  it('continues after an interrupted attempt if the blob is still the same (S2-66)', () =>
    withRegistry({}, {}, async ({ repository, registry, blob }) => {
      const body = await repository.blob(blob, { offset: 70_000, validator: etag(blob.digest) })
      expect(body).toMatchObject({ offset: 70_000, size: content.length })
      expect((await bytesOf(body)).equals(content.subarray(70_000))).toBe(true)
      expect(registry.requests.at(-1)?.headers).toMatchObject({
        range: 'bytes=70000-',
        'if-range': etag(blob.digest),
      })
      const changed = await repository.blob(blob, { offset: 70_000, validator: '"other"' })
      expect(changed.offset).toBe(0)
      expect((await bytesOf(changed)).equals(content)).toBe(true)
    }))

  it('does not send a weak validator', () =>
    withRegistry({ faults: [faults.header('etag', 'W/"x"')] }, {}, async ({ repository, registry, blob }) => {
      expect((await repository.blob(blob, { offset: 1, validator: 'W/"x"' })).validator).toBeUndefined()
      expect(registry.requests.at(-1)?.headers).not.toHaveProperty('if-range')
    }))

  it('returns the whole blob if the server does not support ranges (S2-68)', () =>
    withRegistry({}, {}, async ({ repository, registry, blob }) => {
      registry.addFault(faults.noRange((digest) => registry.blob(digest)))
      const body = await repository.blob(blob, { offset: 5 })
      expect(body).toMatchObject({ offset: 0, size: content.length })
      expect((await bytesOf(body)).equals(content)).toBe(true)
    }))

  it.each([
    'bytes 4-99999/100000',
    'bytes 0-99999/100000',
    'bytes 6-99999/100000',
    'bytes 5-199999/200000',
    'bytes',
    'nonsense',
    undefined,
  ])('starts over after a response with Content-Range %s (S2-69)', (range) =>
    withRegistry({ faults: [faults.contentRange(range)] }, {}, async ({ repository, registry, blob }) => {
      const body = await repository.blob(blob, { offset: 5 })
      expect(body.offset).toBe(0)
      expect((await bytesOf(body)).equals(content)).toBe(true)
      expect(talk(registry)).toEqual(['blob 206', 'blob 200'])
    }),
  )

  it('starts over if the part is of another blob, although If-Range was sent', () =>
    withRegistry(
      { faults: [faults.header('etag', '"new"', { nth: 1 })] },
      {},
      async ({ repository, blob }) => {
        const body = await repository.blob(blob, { offset: 5, validator: etag(blob.digest) })
        expect(body.offset).toBe(0)
        expect((await bytesOf(body)).equals(content)).toBe(true)
      },
    ))

  it('requests a part as one range, and returns exactly that part', () =>
    withRegistry({}, {}, async ({ repository, registry, blob }) => {
      for (const [offset, length] of [
        [70_000, 10],
        [0, 5],
        [99_990, 10],
        [0, content.length],
      ] as const) {
        const body = await repository.blob(blob, { offset, length })
        expect(body).toMatchObject({ offset, size: content.length })
        expect((await bytesOf(body)).equals(content.subarray(offset, offset + length))).toBe(true)
        expect(registry.requests.at(-1)?.headers).toMatchObject({
          range: `bytes=${offset}-${offset + length - 1}`,
        })
      }
      expect((await bytesOf(await repository.blob(blob, { offset: 99_990, length: 99 }))).length).toBe(10)
      expect(new Set(registry.requests.map(({ status }) => status))).toEqual(new Set([200, 206]))
      expect(talk(registry)).toEqual(Array.from({ length: 5 }, () => 'blob 206'))
    }))

  it.each([
    'bytes 5-14/100001',
    'bytes 5-13/100000',
    'bytes 5-15/100000',
    'bytes 4-14/100000',
    'bytes 5-99999/100000',
    'bytes',
    undefined,
  ])('requests the whole blob after a part with Content-Range %s', (range) =>
    withRegistry({ faults: [faults.contentRange(range)] }, {}, async ({ repository, registry, blob }) => {
      const body = await repository.blob(blob, { offset: 5, length: 10 })
      expect(body.offset).toBe(0)
      expect((await bytesOf(body)).equals(content)).toBe(true)
      expect(talk(registry)).toEqual(['blob 206', 'blob 200'])
    }),
  )

  it('accepts a part without the size of the whole blob', () =>
    withRegistry(
      { faults: [faults.contentRange('bytes 5-14/*')] },
      {},
      async ({ repository, registry, blob }) => {
        const body = await repository.blob(blob, { offset: 5, length: 10 })
        expect(body).toMatchObject({ offset: 5, size: content.length })
        expect((await bytesOf(body)).equals(content.subarray(5, 15))).toBe(true)
        expect(talk(registry)).toEqual(['blob 206'])
      },
    ))

  it.each([
    [501, ['blob 501', 'blob 200']],
    [416, ['blob 416', 'blob 200']],
    [400, ['blob 400', 'blob 200']],
  ])('requests the whole blob if a part is refused with %d', (status, requests) =>
    withRegistry(
      { faults: [faults.status(status, { nth: 1 })] },
      {},
      async ({ repository, registry, blob }) => {
        const body = await repository.blob(blob, { offset: 5, length: 10 })
        expect(body.offset).toBe(0)
        expect((await bytesOf(body)).equals(content)).toBe(true)
        expect(talk(registry)).toEqual(requests)
      },
    ),
  )

  it('accepts the whole blob if it is sent in place of a part', () =>
    withRegistry({}, {}, async ({ repository, registry, blob }) => {
      registry.addFault(faults.noRange((digest) => registry.blob(digest)))
      const body = await repository.blob(blob, { offset: 5, length: 10 })
      expect(body).toMatchObject({ offset: 0, size: content.length })
      expect((await bytesOf(body)).equals(content)).toBe(true)
      expect(talk(registry)).toEqual(['blob 200'])
    }))

  it('rejects a blob of another size; up to 1 MiB, reports whether the manifest or the server is wrong', () =>
    withRegistry({}, {}, async ({ repository, registry, blob }) => {
      const wrong = (digest: string, size: number) => repository.blob(descriptor(digest, size)).then(bytesOf)
      const refused = (message: RegExp) => ({
        code: 'SIZE_MISMATCH',
        message: expect.stringMatching(message) as string,
      })
      for (const size of [content.length - 1, content.length + 1])
        await expect(wrong(blob.digest, size)).rejects.toMatchObject(
          refused(/the digest matches, so the size in the manifest is wrong/),
        )
      const large = registry.putBlob(Buffer.alloc(2 ** 20 + 1))
      await expect(wrong(large, 5)).rejects.toMatchObject(refused(/the manifest states 5 bytes$/))
    }))

  it('starts over if the offset exceeds the size of the blob (S2-71)', () =>
    withRegistry({}, {}, async ({ repository, registry, blob }) => {
      const body = await repository.blob(blob, { offset: content.length })
      expect(body.offset).toBe(0)
      expect((await bytesOf(body)).equals(content)).toBe(true)
      expect(talk(registry)).toEqual(['blob 416', 'blob 200'])
    }))

  it.each([
    [404, 'BLOB_UNKNOWN', 'HOST has no blob DIGEST of "team/app": the fault says 404'],
    [403, 'DENIED', 'HOST denied anonymous access to "team/app": the fault says 403'],
    [
      ...([416, 'REGISTRY_RESPONSE'] as const),
      'Failed to download the blob DIGEST of "team/app" from HOST: HTTP 416 (Range Not Satisfiable): UNKNOWN: the fault says 416',
    ],
    [
      ...([500, 'REGISTRY_UNAVAILABLE'] as const),
      'Failed to download the blob DIGEST of "team/app" from HOST: HTTP 500 (Internal Server Error): UNKNOWN: the fault says 500',
    ],
  ])('reports a %d as %s (S1-13)', (status, code, message) =>
    withRegistry({ faults: [faults.status(status)] }, {}, async ({ repository, registry, blob }) => {
      await expect(repository.blob(blob)).rejects.toMatchObject({
        code,
        message: message.replace('HOST', registry.host).replace('DIGEST', blob.digest),
        subject: { digest: blob.digest, status, url: `${registry.url}/v2/team/app/blobs/${blob.digest}` },
      })
    }),
  )

  it('accepts a wrong Content-Encoding if the bytes match the digest', () =>
    withRegistry(
      { faults: [faults.header('content-encoding', 'gzip')] },
      {},
      async ({ repository, blob }) => {
        expect((await bytesOf(await repository.blob(blob))).equals(content)).toBe(true)
      },
    ))

  it.each([0, undefined])('determines the size by GET if HEAD reports %s', (length) =>
    withRegistry({}, {}, async ({ repository, registry, blob }) => {
      registry.addFault(
        faults.answer(
          (good, { method }) =>
            method === 'HEAD'
              ? {
                  ...good,
                  body: Buffer.alloc(0),
                  ...(length === undefined && { headers: { 'transfer-encoding': 'chunked' } }),
                }
              : undefined,
          { kind: 'blob' },
        ),
      )
      expect(await repository.blobSize(blob.digest)).toBe(content.length)
    }),
  )

  it.each(['truncate', 'reset'] as const)('fails when the connection ends too early (%s)', (how) =>
    withRegistry({ faults: [faults[how](60_000)] }, {}, async ({ repository, blob }) => {
      const { stream } = await repository.blob(blob)
      await expect(bytesOf({ stream })).rejects.toMatchObject({ code: 'NETWORK', retryable: true })
      expect(stream.destroyed).toBe(true)
    }),
  )

  it('fails if no more bytes arrive, but not because its reader is slow (S0-85)', () =>
    withRegistry({}, { timeouts: { stall: 200 } }, async ({ repository, registry, blob }) => {
      registry.addFault(faults.stall(60_000, { nth: 1 }))
      await expect(bytesOf(await repository.blob(blob))).rejects.toMatchObject({
        code: 'STALLED',
        retryable: true,
      })
      const slow = await repository.blob(blob)
      let read = 0
      await pipeline(
        slow.stream,
        new Writable({
          highWaterMark: 1,
          write(chunk: Buffer, _encoding, done) {
            read += chunk.length
            setTimeout(done, 300)
          },
        }),
      )
      expect(read).toBe(content.length)
    }))

  it('treats a very slow body as stalled (S0-85)', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n')
        const drip = setInterval(() => socket.write('x'), 1300)
        socket.once('close', () => clearInterval(drip))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
    const registries = new Registries({ plainHttp: true, timeouts: { stall: 2000 } })
    const { stream } = await registries
      .repository({ registry: host, repository: 'a' })
      .blob(descriptor(`sha256:${'0'.repeat(64)}`))
    await expect(bytesOf({ stream })).rejects.toMatchObject({ code: 'STALLED' })
    await registries.close()
    await new Promise((resolve) => server.close(resolve))
  })

  it.each([
    ['below the minimum rate', 100, { code: 'STALLED', retryable: true }],
    ['above it', 4, undefined],
  ])('a body that arrives %s (S0-85)', (_what, rate, failure) =>
    withRegistry(
      { faults: [faults.wire((good) => [headOfAnswer(good), ...drip(good.body.subarray(0, 60), 20)])] },
      { timeouts: { stall: 500, minimumRate: rate } },
      async ({ repository, blob }) => {
        // 50 bytes per second for 1,200 ms, then the connection ends.
        const begun = performance.now()
        const read = bytesOf(await repository.blob(blob))
        if (failure) await expect(read).rejects.toMatchObject(failure)
        else await expect(read).rejects.toMatchObject({ code: 'NETWORK' })
        const took = performance.now() - begun
        if (!failure) expect(took).toBeGreaterThan(1_000)
      },
    ),
  )

  it('does not count time in which the reader requests nothing, before the first byte or later (S0-85)', () =>
    withRegistry({}, { timeouts: { stall: 400, minimumRate: 100_000 } }, async ({ repository, registry }) => {
      // More than the buffers between the connection and the reader hold.
      const large = Buffer.alloc(8 * 2 ** 20, 'x')
      const blob = descriptor(registry.putBlob(large), large.length)
      const { stream } = await repository.blob(blob)
      const rest = () => new Promise((resolve) => setTimeout(resolve, 900))
      await rest()
      let read = 0
      let rests = 0
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        read += chunk.length
        if (read < rests * 2 * 2 ** 20) continue
        rests++
        await rest()
      }
      expect(rests).toBeGreaterThan(2)
      expect(read).toBe(large.length)
    }))

  it('ends immediately when cancelled: before the request, during the headers, during the body (S2-53)', () =>
    withRegistry({}, {}, async ({ repository, registry, blob }) => {
      const cancelled = { code: 'CANCELLED', cause: { name: 'AbortError' } }
      await expect(repository.blob(blob, { signal: AbortSignal.abort() })).rejects.toMatchObject(cancelled)
      registry.addFault(faults.slow(60_000, { nth: 1 }))
      const early = new AbortController()
      const waiting = expect(repository.blob(blob, { signal: early.signal })).rejects.toMatchObject(cancelled)
      await vi.waitFor(() => expect(registry.appliedFaults).toContain('slow'), { timeout: 10_000 })
      early.abort()
      await waiting
      registry.addFault(faults.stall(10, { nth: 2 }))
      const late = new AbortController()
      const body = await repository.blob(blob, { signal: late.signal })
      setTimeout(() => late.abort(), 50)
      await expect(bytesOf(body)).rejects.toMatchObject(cancelled)
    }))

  it('does not raise an error if a stream without a reader fails', () =>
    withRegistry({ faults: [faults.reset(10)] }, {}, async ({ repository, blob }) => {
      const { stream } = await repository.blob(blob)
      await new Promise((resolve) => setTimeout(resolve, 50))
      stream.destroy()
      await expect(bytesOf({ stream })).rejects.toThrow()
    }))

  it('reuses a connection after a complete body, and closes it after an incomplete one', () =>
    withRegistry({}, {}, async ({ repository, registry, blob }) => {
      for (let round = 0; round < 5; round++) await bytesOf(await repository.blob(blob))
      expect(registry.connections).toBe(1)
      const { stream } = await repository.blob(blob)
      stream.destroy()
      await bytesOf(await repository.blob(blob))
      expect(registry.connections).toBe(2)
    }))
})
