/** Copies whose source or target fails. */
import { describe, expect, it } from 'vitest'
import type { LayerEvent } from '../../lib/events/index.js'
import { BlobCopies } from '../../lib/stages/index.js'
import { faults, problem, putImage } from '../../lib/testing/index.js'
import { amd, arm, between, image, served } from '../support/copies.js'

const again = { attempts: 3, delay: 1, longestRetryAfter: 0 }

describe('a copy that meets a fault', () => {
  it('sends a blob again from its start if the target dies in the middle, and says so', () =>
    between(async ({ to, copy }) => {
      to.addFault(faults.cutUpload(100))
      const { events } = await copy('1', { copies: new BlobCopies({ slots: 1, retry: again }) })
      const layers = events.filter((event): event is LayerEvent => event.type === 'layer')
      const retried = layers.filter(({ status }) => status === 'retrying')
      expect(retried[0]).toMatchObject({
        attempt: 2,
        reason: expect.stringContaining('the connection was closed'),
      })
      expect(await served(to, '1')).toEqual(amd.manifest.bytes)
      expect(to.openUploads).toBe(0)
    }))

  it('reads a blob again from its start if the source breaks off', () =>
    between(async ({ from, to, copy }) => {
      from.addFault(faults.truncate(5_000, { reference: amd.layers[1]!.digest }))
      await copy('1', { copies: new BlobCopies({ retry: again }) })
      expect(await served(to, '1')).toEqual(amd.manifest.bytes)
      expect(to.openUploads).toBe(0)
    }))

  it('fails if the source has other bytes, and leaves neither blob nor manifest', () =>
    between(async ({ from, to, copy }) => {
      const { digest } = amd.layers[1]!
      from.addFault(faults.wrongByte(100, { reference: digest, times: 9 }))
      await expect(copy('1')).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
      expect(to.blob(digest)).toBeUndefined()
      expect(to.requests.filter(({ kind, method }) => kind === 'manifest' && method === 'PUT')).toEqual([])
      expect(to.openUploads).toBe(0)
    }))

  it('fails if the source offers another size, before it opens an upload', () =>
    between(async ({ from, to, copy }) => {
      const { digest } = amd.layers[1]!
      from.addFault(faults.body(Buffer.from('short'), { reference: digest }))
      await expect(copy('1')).rejects.toMatchObject({ code: 'SIZE_MISMATCH' })
      expect(to.blob(digest)).toBeUndefined()
    }))

  it('does not write the tag if a manifest is refused', () =>
    between(async ({ to, copy }) => {
      to.hook(({ method, reference }) =>
        method === 'PUT' && reference === arm.manifest.digest ? problem(403, 'DENIED', 'no') : undefined,
      )
      await expect(copy('all', { allPlatforms: true })).rejects.toMatchObject({ code: 'DENIED' })
      expect(to.requests.some(({ method, reference }) => method === 'PUT' && reference === 'all')).toBe(false)
    }))

  it('logs in again if the token ends in the middle', () =>
    between(
      async ({ to, copy }) => {
        await copy('all', { allPlatforms: true, copies: new BlobCopies({ slots: 1 }) })
        const { reference } = to.requests.findLast(({ method }) => method === 'PUT')!
        expect(reference).toBe('all')
        expect(to.requests.filter(({ kind }) => kind === 'token').length).toBeGreaterThan(1)
        expect(to.openUploads).toBe(0)
      },
      { to: { auth: { kind: 'token', expiresIn: 0.15 }, latency: 30 } },
    ))

  it('leaves no open upload when it is cancelled', () =>
    between(
      async ({ from, to, copy }) => {
        await putImage(from, 'team/app', 'large', image('large', 'amd64', 3_000_000))
        const stop = new AbortController()
        const copied = copy('large', { signal: stop.signal })
        await expect.poll(() => to.openUploads).toBeGreaterThan(0)
        stop.abort(new Error('enough'))
        await expect(copied).rejects.toThrow('enough')
        expect(to.openUploads).toBe(0)
      },
      { from: { bytesPerSecond: 200_000 } },
    ))
})
