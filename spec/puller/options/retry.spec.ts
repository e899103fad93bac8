import { describe, expect, it } from 'vitest'
import { defaultRetryPolicy, documentRetryPolicy } from '../../../lib/transfer/index.js'
import { retryPolicy } from '../../../puller/options/retry.js'

describe('the retry policy of a puller', () => {
  it('is the default one, unless options say otherwise', () => {
    expect(retryPolicy({})).toEqual({ ...defaultRetryPolicy, jitter: 0 })
    expect(retryPolicy({ retries: 9, retryDelay: 70_000, retryJitter: 0.5 })).toEqual({
      ...{ ...defaultRetryPolicy, attempts: 9, delay: 70_000, jitter: 0.5 },
    })
  })

  it('of documents has at most their attempts and their delay, but may have fewer', () => {
    const { attempts, delay } = documentRetryPolicy
    expect(retryPolicy({ retries: attempts + 1, retryDelay: delay + 1 }, documentRetryPolicy)).toEqual({
      ...{ ...documentRetryPolicy, jitter: 0 },
    })
    expect(retryPolicy({ retries: 1, retryDelay: 1, retryJitter: 1 }, documentRetryPolicy)).toEqual({
      ...{ ...documentRetryPolicy, attempts: 1, delay: 1, jitter: 1 },
    })
  })
})
