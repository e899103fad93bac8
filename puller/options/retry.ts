/**
 * Converts the options of a puller to retry policies: for layers as given, for manifests and configs with shorter
 * delays.
 */
import { type RetryPolicy, defaultRetryPolicy } from '../../lib/transfer/index.js'
import type { OpenOptions } from './options.js'

/** Returns the policy of the options. Its attempts and delay do not exceed those of `most`. */
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
