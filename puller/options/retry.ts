/** Converts the options of a puller to a retry policy. */
import { type RetryPolicy, defaultRetryPolicy } from '../../lib/transfer/index.js'
import type { OpenOptions } from './options.js'

/** Returns the policy of the options. Its attempts and delay do not exceed those of `maximum`. */
export function retryPolicy(
  {
    retries = defaultRetryPolicy.attempts,
    retryDelay = defaultRetryPolicy.delay,
    retryJitter = 0,
  }: OpenOptions,
  maximum: RetryPolicy = { ...defaultRetryPolicy, attempts: Infinity, delay: Infinity },
): RetryPolicy {
  const attempts = Math.min(retries, maximum.attempts)
  return { ...maximum, attempts, delay: Math.min(retryDelay, maximum.delay), jitter: retryJitter }
}
