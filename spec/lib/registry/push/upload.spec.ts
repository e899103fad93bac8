import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { faults, problem } from '../../../../lib/testing/index.js'
import { blobOf, opening, traffic, withTarget } from '../../../support/with-target.js'

const content = Buffer.alloc(1_000, 'content ')
const blob = blobOf(content)

describe('an upload', () => {
  it('leaves no listener on the signal, whether it succeeds, is refused or mounts', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      const { signal } = new AbortController()
      await target.putBlob(blob, opening(content), { signal })
      expect(await target.mount(blob, 'team/other', { signal })).toBe(false)
      registry.hook(({ kind }) => (kind === 'upload' ? problem(400, 'UNKNOWN', 'no') : undefined))
      await expect(target.putBlob(blob, opening(content), { signal })).rejects.toMatchObject({
        code: 'REGISTRY_RESPONSE',
      })
      expect(getEventListeners(signal, 'abort')).toEqual([])
    }))

  it.each(['many', '-1', '1e3', '', '9'.repeat(13)])(
    'ignores a minimum size of chunks that is not a number of bytes: %s',
    (minimum) =>
      withTarget({}, {}, async ({ registry, target }) => {
        registry.addFault(
          faults.header('oci-chunk-min-length', minimum, { kind: 'upload', method: 'POST', times: 2 }),
        )
        registry.addFault(faults.status(413, { kind: 'upload', method: 'PUT' }))
        await target.putBlob(blob, opening(content))
        expect(registry.blob(blob.digest)?.equals(content)).toBe(true)
        expect(traffic(registry).slice(-3)).toEqual(['POST upload 202', 'PATCH upload 202', 'PUT upload 201'])
      }),
  )

  it('that cannot be cancelled hides no other error', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      registry.addFault(faults.status(400, { kind: 'upload', method: 'PUT' }))
      registry.addFault(faults.wire(() => [], { kind: 'upload', method: 'DELETE', times: Infinity }, 'reset'))
      await expect(target.putBlob(blob, opening(content))).rejects.toMatchObject({
        code: 'REGISTRY_RESPONSE',
        message: expect.stringContaining('the fault says 400') as string,
      })
    }))
})

describe('a mount', () => {
  it.each([
    [201, true],
    [202, false],
    [400, false],
    [404, false],
  ])('is answered with %i: %s', (status, isMounted) =>
    withTarget({}, {}, async ({ registry, target }) => {
      registry.hook(({ method }) => (method === 'POST' ? problem(status, 'X', '') : undefined))
      expect(await target.mount(blob, 'team/other')).toBe(isMounted)
    }),
  )

  it('fails if the registry cannot be reached', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      await target.hasBlob(blob)
      registry.addFault(faults.wire(() => [], { kind: 'upload', times: Infinity }, 'reset'))
      await expect(target.mount(blob, 'team/other')).rejects.toMatchObject({ code: 'NETWORK' })
    }))
})
