import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { type ErrorCode, WindlassError } from '../../../lib/errors.js'
import { failure, statusOf } from '../../../server/api/failure.js'

describe('a failure as the API answers it', () => {
  it.each<[ErrorCode, number]>([
    ['USAGE', 400],
    ['REFERENCE_INVALID', 400],
    ['IMAGE_UNKNOWN', 404],
    ['PULL_UNKNOWN', 404],
    ['MANIFEST_UNKNOWN', 404],
    ['PULL_ENDED', 409],
    ['TOO_MANY_REQUESTS', 429],
    ['INTERNAL', 500],
    ['STORE_IO', 500],
    ['UNAUTHORIZED', 502],
    ['DENIED', 502],
    ['NETWORK', 502],
    ['DIGEST_MISMATCH', 502],
    ['UNSUPPORTED', 502],
    ['STORE_LOCKED', 503],
    ['CANCELLED', 503],
    ['STORE_FULL', 507],
  ])('has for %s the status %d', (code, status) => {
    expect(statusOf(new WindlassError(code, 'it failed'))).toBe(status)
  })

  it('has the code, the message and the hint', async () => {
    const app = new Hono().get('/:hint', (context) => {
      const { hint } = context.req.param()
      return failure(context, new WindlassError('USAGE', 'it failed', hint === 'no' ? {} : { hint }))
    })
    expect(await (await app.request('/Mend')).json()).toEqual({
      error: { code: 'USAGE', message: 'it failed', hint: 'Mend' },
    })
    expect(await (await app.request('/no')).json()).toEqual({
      error: { code: 'USAGE', message: 'it failed' },
    })
  })
})
