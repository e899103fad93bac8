import { describe, expect, it } from 'vitest'
import { type ErrorCode, WindlassError, errorCodes } from '../../../lib/errors.js'
import { defaultRetryPolicy, documentRetryPolicy, retryingTransfers } from '../../../lib/transfer/index.js'

const failure = (error: unknown, attempt = 1) => ({ actor: 'downloads', message: undefined, error, attempt })
const network = (): WindlassError => new WindlassError('NETWORK', 'it broke')

describe('the retry policy', () => {
  it('is five attempts, 5 s × n before the next (S2-50, S2-51)', () => {
    const judge = retryingTransfers(defaultRetryPolicy)
    expect([1, 2, 3, 4, 5].map((attempt) => judge(failure(network(), attempt)))).toEqual([
      { retry: 5000 },
      { retry: 10_000 },
      { retry: 15_000 },
      { retry: 20_000 },
      'fail',
    ])
  })

  it('of manifests waits two seconds at most', () => {
    const judge = retryingTransfers(documentRetryPolicy)
    const verdicts = [1, 2, 3].map((attempt) => judge(failure(network(), attempt)))
    expect(verdicts).toEqual([{ retry: 500 }, { retry: 1000 }, 'fail'])
  })

  it('retries only errors that may pass (S2-53, S2-54)', () => {
    const judge = retryingTransfers(defaultRetryPolicy)
    const retried = (Object.keys(errorCodes) as ErrorCode[]).filter(
      (code) => judge(failure(new WindlassError(code, 'x'))) !== 'fail',
    )
    expect(retried.sort()).toEqual([
      'NETWORK',
      'REGISTRY_UNAVAILABLE',
      'STALLED',
      'STORE_LOCKED',
      'TOO_MANY_REQUESTS',
    ])
    for (const error of [new Error('a bug'), new DOMException('gone', 'AbortError'), 'text', undefined])
      expect(judge(failure(error))).toBe('fail')
  })

  it('uses Retry-After instead of the delay, up to the maximum (S2-51)', () => {
    const judge = retryingTransfers({ ...defaultRetryPolicy, longestRetryAfter: 7000, jitter: 1 })
    const asked = (retryAfter: number) =>
      judge(failure(new WindlassError('TOO_MANY_REQUESTS', 'slow down', { retryAfter })))
    expect([0, 6999, 7000, 7001].map(asked)).toEqual([{ retry: 0 }, { retry: 6999 }, { retry: 7000 }, 'fail'])
  })

  it('waits no longer than a timer can', () => {
    const judge = retryingTransfers({ attempts: 3, delay: 2 ** 40, longestRetryAfter: 0 })
    expect(judge(failure(network()))).toEqual({ retry: 2 ** 31 - 1 })
  })

  it('makes a part of the delay random if there is a jitter, and decides once (S2-51)', () => {
    const policy = { attempts: 3, delay: 1000, longestRetryAfter: 0, jitter: 0.2 }
    const waits = [0, 0.5, 1].map((chance) => retryingTransfers(policy, () => chance)(failure(network(), 2)))
    expect(waits).toEqual([{ retry: 1600 }, { retry: 2000 }, { retry: 2400 }])
    const judge = retryingTransfers(policy)
    const error = network()
    const first = judge(failure(error))
    for (let again = 0; again < 20; again++) expect(judge(failure(error))).toBe(first)
    expect(judge(failure(error, 3))).toBe('fail')
  })
})
