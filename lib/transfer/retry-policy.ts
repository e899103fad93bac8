/** Decides whether and when a failed transfer is retried. */
import type { Failure, Verdict } from '../flow/index.js'
import { maxTimer } from '../flow/lifetime/timer.js'
import { WindlassError } from '../errors.js'

/** Limits and delays of retries. */
export interface RetryPolicy {
  /** Maximum number of attempts, including the first. */
  readonly attempts: number
  /** Milliseconds before attempt n + 1, multiplied by n. */
  readonly delay: number
  /** Maximum `Retry-After` in milliseconds. A response that asks for more is not retried. */
  readonly longestRetryAfter: number
  /** Random part of the delay, from 0 (the default) to 1: 0.2 waits between 80 % and 120 % of the delay. */
  readonly jitter?: number
  /**
   * Maximum number of attempts at one layer, regardless of progress (default 1,000). An attempt that makes progress
   * counts as the first again, so that a large layer can be downloaded over an unreliable link; this limit still
   * applies.
   */
  readonly attemptsInAll?: number
}

/** Docker's policy: 5 attempts with a delay of 5 s × n. */
export const defaultRetryPolicy: RetryPolicy = { attempts: 5, delay: 5_000, longestRetryAfter: 60_000 }

/**
 * Policy for manifests and configs. The delays are short, since the user is waiting to learn whether the image
 * exists.
 */
export const documentRetryPolicy: RetryPolicy = { attempts: 3, delay: 500, longestRetryAfter: 60_000 }

/**
 * Adapts `policy` for callers that wait themselves. The returned function gives the milliseconds to wait before the
 * next attempt, or undefined if the error is not to be retried.
 */
export function againAfter(policy: RetryPolicy): (error: unknown, attempt: number) => number | undefined {
  const decide = retryingTransfers(policy)
  return (error, attempt) => {
    const verdict = decide({ actor: '', message: undefined, error, attempt })
    return typeof verdict === 'object' ? verdict.retry : undefined
  }
}

/**
 * Returns a supervision function that retries as `policy` says. Repeated calls for the same error and attempt return
 * the same verdict, so that the reported delay is the actual one.
 * @param random - source of the jitter, in [0, 1)
 */
export function retryingTransfers(
  policy: RetryPolicy,
  random: () => number = Math.random,
): (failure: Failure) => Verdict {
  const decided = new WeakMap<WindlassError, { readonly attempt: number; readonly verdict: Verdict }>()
  return ({ error, attempt }) => {
    if (!(error instanceof WindlassError)) return 'fail'
    const previous = decided.get(error)
    if (previous?.attempt === attempt) return previous.verdict
    const verdict = decide(policy, error, attempt, random)
    decided.set(error, { attempt, verdict })
    return verdict
  }
}

function decide(
  { attempts, delay, longestRetryAfter, jitter = 0 }: RetryPolicy,
  { retryable, retryAfter }: WindlassError,
  attempt: number,
  random: () => number,
): Verdict {
  if (!retryable || attempt >= attempts) return 'fail'
  if (retryAfter !== undefined) return retryAfter > longestRetryAfter ? 'fail' : { retry: retryAfter }
  return { retry: Math.min(Math.round(delay * attempt * (1 + jitter * (2 * random() - 1))), maxTimer) }
}
