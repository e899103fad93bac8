/** From what a puller was told to when it tries again: layers as its options say, manifests and configs sooner. */
import { type RetryPolicy, defaultRetryPolicy } from '../../lib/transfer/index.js'
import type { OpenOptions } from './options.js'

/** The policy that the options ask for, within `most`. */
export function retryPolicy(
  {
    retries = defaultRetryPolicy.attempts,
    retryDelay = defaultRetryPolicy.delay,
    retryJitter = 0,
  }: OpenOptions,
  most: RetryPolicy = { ...defaultRetryPolicy, attempts: Infinity, delay: Infinity },
): RetryPolicy {
  const attempts = Math.min(retries, most.attempts)
  return { ...most, attempts, delay: Math.min(retryDelay, most.delay), jitter: retryJitter }
}
