import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import { parseDigest } from '../../../../lib/image/index.js'
import { faults, problem, type TestRegistry } from '../../../../lib/testing/registry/index.js'
import { blobOf, opening, traffic, withTarget } from '../../../support/with-target.js'

const content = Buffer.alloc(300_000, 'a layer ')
const blob = blobOf(content)
const token = { kind: 'token' } as const

const has = (registry: TestRegistry): boolean => registry.blob(blob.digest)?.equals(content) ?? false

describe('the push of a blob', () => {
  it('sends a POST, then a PUT with the content', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      await target.putBlob(blob, opening(content))
      expect(traffic(registry)).toEqual(['POST upload 202', 'PUT upload 201'])
      expect(has(registry)).toBe(true)
      expect(await target.hasBlob(blob)).toBe(true)
      expect(registry.bytesReceived).toBe(content.length)
      const [, , put] = registry.requests
      expect(put!.headers['content-length']).toBe(String(content.length))
      expect(put!.headers['content-type']).toBe('application/octet-stream')
    }))

  it('sends an empty blob', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      const empty = blobOf(Buffer.alloc(0))
      await target.putBlob(empty, opening(Buffer.alloc(0)))
      expect(registry.blob(empty.digest)).toHaveLength(0)
    }))

  it('logs in once, before the content, with a token to pull and to push', () =>
    withTarget({ auth: token }, {}, async ({ registry, target }) => {
      expect(await target.hasBlob(blob)).toBe(false)
      await target.putBlob(blob, opening(content))
      expect(traffic(registry)).toEqual([
        ...['HEAD blob 401', 'GET token 200', 'HEAD blob 404', 'POST upload 202', 'PUT upload 201'],
      ])
      const login = registry.requests.find(({ kind }) => kind === 'token')!
      expect(new URL(login.url, registry.url).searchParams.getAll('scope')).toEqual([
        'repository:team/app:pull,push',
      ])
      expect(registry.bytesReceived).toBe(content.length)
    }))

  it('opens the content again if the token expires between POST and PUT', () =>
    withTarget({ auth: token }, {}, async ({ registry, target }) => {
      let refused = false
      registry.hook(({ method, kind }) => {
        if (refused || method !== 'PUT' || kind !== 'upload') return undefined
        refused = true
        const challenge = `Bearer realm="${registry.url}/token",service="windlass-registry"`
        return problem(401, 'UNAUTHORIZED', 'the token has expired', { 'www-authenticate': challenge })
      })
      let opened = 0
      await target.putBlob(blob, () => {
        opened++
        return opening(content)()
      })
      expect(traffic(registry).slice(-4)).toEqual([
        ...['POST upload 202', 'PUT upload 401', 'GET token 200', 'PUT upload 201'],
      ])
      expect(opened).toBe(2)
      expect(has(registry)).toBe(true)
    }))

  it('opens no upload if the source does not have the blob', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      const missing = new WindlassError('BLOB_UNKNOWN', 'the source has it no more')
      await expect(target.putBlob(blob, () => Promise.reject(missing))).rejects.toBe(missing)
      expect(traffic(registry)).toEqual([])
    }))

  it.each([
    ['DIGEST_MISMATCH', Buffer.alloc(content.length, 'another ')],
    ['SIZE_MISMATCH', content.subarray(0, -1)],
    ['SIZE_MISMATCH', Buffer.concat([content, Buffer.from('!')])],
  ])('fails with %s if the source returns other content, and leaves no upload', (code, wrong) =>
    withTarget({}, {}, async ({ registry, target }) => {
      await expect(target.putBlob(blob, opening(wrong))).rejects.toMatchObject({ code })
      expect(registry.openUploads).toBe(0)
      expect(traffic(registry).at(-1)).toBe('DELETE upload 204')
      expect(has(registry)).toBe(false)
    }),
  )

  it('fails with the error of the source if the source fails, and leaves no upload', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      const broken = new WindlassError('NETWORK', 'the source is gone')
      const half = (): Promise<Readable> => {
        let sent = false
        const stream = new Readable({
          read() {
            if (sent) this.destroy(broken)
            else this.push(content.subarray(0, 100_000))
            sent = true
          },
        })
        return Promise.resolve(stream)
      }
      await expect(target.putBlob(blob, half)).rejects.toBe(broken)
      expect([registry.openUploads, has(registry)]).toEqual([0, false])
    }))

  it.each(['reset', 'close'] as const)(
    'fails with a retryable error if the registry closes the connection (%s)',
    (how) =>
      withTarget({}, {}, async ({ registry, target }) => {
        registry.addFault(faults.cutUpload(70_000, how))
        const failed = target.putBlob(blob, opening(content))
        await expect(failed).rejects.toMatchObject({ code: 'NETWORK', retryable: true })
        expect([registry.openUploads, has(registry)]).toEqual([0, false])
        await target.putBlob(blob, opening(content))
        expect(has(registry)).toBe(true)
      }),
  )

  it('fails with STALLED if the registry stops reading', () =>
    withTarget({}, { timeouts: { stall: 400, response: 400 } }, async ({ registry, target }) => {
      const large = Buffer.alloc(24_000_000, 'large ')
      registry.addFault(faults.cutUpload(1_000_000, 'stall'))
      await expect(target.putBlob(blobOf(large), opening(large, 1_000_000))).rejects.toMatchObject({
        code: 'STALLED',
        retryable: true,
        message: expect.stringMatching(/no data was accepted for 0\.4 seconds, after [\d.]+ [kM]?B$/),
      })
    }))

  it.each([
    ['in one request', []],
    ['in chunks', [faults.status(413, { kind: 'upload', method: 'PUT' })]],
  ])('waits longer for the response to a large blob, which the registry has to store: %s', (_, refusals) =>
    withTarget({}, { timeouts: { response: 600 } }, async ({ registry, target }) => {
      const large = Buffer.alloc(20_000_000, 'large ')
      for (const refusal of refusals) registry.addFault(refusal)
      registry.addFault(faults.slow(1_000, { kind: 'upload', method: 'PUT', times: Infinity }))
      const one = blobOf(large)
      await target.putBlob(one, opening(large, 1_000_000))
      expect(registry.blob(one.digest)?.equals(large)).toBe(true)
      await expect(target.putBlob(blob, opening(content))).rejects.toMatchObject({ code: 'STALLED' })
    }),
  )

  it('does not count the time in which the source is slow', () =>
    withTarget({}, { timeouts: { stall: 100, response: 400 } }, async ({ registry, target }) => {
      async function* slow(): AsyncGenerator<Buffer> {
        for (let at = 0; at < content.length; at += 100_000) {
          await sleep(250)
          yield content.subarray(at, at + 100_000)
        }
      }
      await target.putBlob(blob, () => Promise.resolve(Readable.from(slow(), { objectMode: false })))
      expect(has(registry)).toBe(true)
    }))

  it('cancels the upload when the push is cancelled', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      const stop = new AbortController()
      const endless = new Readable({ read: () => undefined })
      const pushed = target.putBlob(blob, () => Promise.resolve(endless), { signal: stop.signal })
      endless.push(content.subarray(0, 1_000))
      await expect.poll(() => registry.bytesReceived).toBe(1_000)
      stop.abort()
      await expect(pushed).rejects.toMatchObject({ code: 'CANCELLED' })
      expect(endless.destroyed).toBe(true)
      expect(traffic(registry).at(-1)).toBe('DELETE upload 204')
      expect(registry.openUploads).toBe(0)
    }))

  it('waits for the response that opens the upload, to cancel the upload', () =>
    withTarget({ latency: 150 }, {}, async ({ registry, target }) => {
      const stop = new AbortController()
      const pushed = target.putBlob(blob, opening(content), { signal: stop.signal })
      await expect.poll(() => registry.requests.some(({ method }) => method === 'POST')).toBe(true)
      stop.abort()
      await expect(pushed).rejects.toMatchObject({ code: 'CANCELLED' })
      expect(traffic(registry)).toEqual(['POST upload 202', 'DELETE upload 204'])
      expect(registry.openUploads).toBe(0)
    }))

  it('fails if the registry reports success before it has received all bytes', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      registry.hook(({ method, kind }) =>
        method === 'PUT' && kind === 'upload'
          ? { status: 201, headers: {}, body: Buffer.alloc(0) }
          : undefined,
      )
      const large = Buffer.alloc(24_000_000, 'large ')
      await expect(target.putBlob(blobOf(large), opening(large))).rejects.toMatchObject({
        code: 'REGISTRY_RESPONSE',
        retryable: true,
      })
    }))

  it('fails if the registry stored something else', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      const other = `sha256:${'0'.repeat(64)}`
      registry.addFault(faults.header('docker-content-digest', other, { kind: 'upload', method: 'PUT' }))
      await expect(target.putBlob(blob, opening(content))).rejects.toMatchObject({
        code: 'REGISTRY_RESPONSE',
        message: expect.stringContaining(`stored ${other}`),
      })
    }))

  it('pushes blobs of other digest algorithms', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      const digest = parseDigest(`sha512:${createHash('sha512').update(content).digest('hex')}`)
      await target.putBlob({ ...blob, digest }, opening(content))
      expect(registry.blob(digest)?.equals(content)).toBe(true)
    }))
})

describe('a registry that does not accept a blob in one request', () => {
  const large = Buffer.alloc(130_000_000, 'a large layer ')
  const refuse = (status: number) => (registry: TestRegistry) =>
    registry.hook(({ method, kind, headers }) =>
      method === 'PUT' && kind === 'upload' && headers['content-length'] !== '0'
        ? problem(status, 'UNSUPPORTED', 'too much')
        : undefined,
    )

  it.each([405, 413, 415, 501])('receives the blob in chunks after status %i', (status) =>
    withTarget({}, {}, async ({ registry, target }) => {
      refuse(status)(registry)
      await target.putBlob(blob, opening(content))
      expect(traffic(registry).slice(2)).toEqual([
        ...['DELETE upload 204', 'POST upload 202', 'PATCH upload 202', 'PUT upload 201'],
      ])
      expect(has(registry)).toBe(true)
    }),
  )

  it('receives a large blob in several chunks', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      refuse(413)(registry)
      const one = blobOf(large)
      await target.putBlob(one, opening(large, 1_000_000))
      const patches = registry.requests.filter(({ method }) => method === 'PATCH')
      expect(patches.map(({ headers }) => headers['content-range'])).toEqual([
        ...['0-67108863', '67108864-129999999'],
      ])
      expect(registry.blob(one.digest)?.equals(large)).toBe(true)
    }))

  it('receives chunks of the size that it asks for', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      refuse(413)(registry)
      registry.addFault({
        ...{ name: 'chunk-min-length', times: Infinity },
        where: ({ method, kind }) => method === 'POST' && kind === 'upload',
        act: (answer) => ({ ...answer, headers: { ...answer.headers, 'oci-chunk-min-length': '100000000' } }),
      })
      const one = blobOf(large)
      await target.putBlob(one, opening(large, 1_000_000))
      const patches = registry.requests.filter(({ method }) => method === 'PATCH')
      expect(patches.map(({ headers }) => headers['content-range'])).toEqual([
        ...['0-99999999', '100000000-129999999'],
      ])
    }))

  it('receives an empty blob without a chunk', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      registry.addFault(faults.status(413, { kind: 'upload', method: 'PUT' }))
      const empty = blobOf(Buffer.alloc(0))
      await target.putBlob(empty, opening(Buffer.alloc(0)))
      expect(registry.blob(empty.digest)).toHaveLength(0)
    }))

  it('causes a retryable error if it requires a new token during the upload', () =>
    withTarget({ auth: token }, {}, async ({ registry, target }) => {
      refuse(413)(registry)
      registry.hook(({ method, nth }) => {
        if (method !== 'PATCH' || nth > 2) return undefined
        const challenge = `Bearer realm="${registry.url}/token",service="windlass-registry"`
        return problem(401, 'UNAUTHORIZED', 'the token has expired', { 'www-authenticate': challenge })
      })
      await expect(target.putBlob(blob, opening(content))).rejects.toMatchObject({
        code: 'NETWORK',
        retryable: true,
      })
      expect(registry.openUploads).toBe(0)
    }))
})
