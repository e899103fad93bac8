/** Decides whether and when a failed transfer is retried. */
import type { Failure, Verdict } from '../flow/index.js'
import { maxTimer } from '../flow/lifetime/timer.js'
import { WindlassError } from '../errors.js'

/** Limits and delays of retries. */
export interface RetryPolicy {
  /** Maximum number of attempts, including the first. */
  readonly attempts: number
  /** Milliseconds to wait before the second attempt. Before attempt n + 1, n times as long. */
  readonly delay: number
  /** Maximum `Retry-After` in milliseconds. A response that asks for more is not retried. */
  readonly longestRetryAfter: number
  /**
   * Random part of the delay, from 0 (the default) to 1. With 0.2, the delay is multiplied by a number from 0.8 to 1.2.
   */
  readonly jitter?: number
  /**
   * Maximum number of all attempts at one layer (default 1,000). `attempts` limits attempts without progress only: its
   * count starts again after an attempt that makes progress, so that a large layer can be downloaded over an unreliable
   * link.
   */
  readonly attemptsInAll?: number
}

/** Docker's policy: 5 attempts with a delay of 5 s × n. */
export const defaultRetryPolicy: RetryPolicy = { attempts: 5, delay: 5_000, longestRetryAfter: 60_000 }

/**
 * Policy for manifests and configs. The delays are short, because the user waits to see whether the image exists.
 */
export const documentRetryPolicy: RetryPolicy = { attempts: 3, delay: 500, longestRetryAfter: 60_000 }

/**
 * Converts `policy` to a function that returns the milliseconds to wait before the next attempt, or undefined if the
 * error is not retried. For callers that are not actors and wait themselves.
 */
export function retryDelayOf(policy: RetryPolicy): (error: unknown, attempt: number) => number | undefined {
  const decide = retryingTransfers(policy)
  return (error, attempt) => {
    const verdict = decide({ actor: '', message: undefined, error, attempt })
    return typeof verdict === 'object' ? verdict.retry : undefined
  }
}

/**
 * Returns a supervisor that retries as `policy` says. Calls with the same error and attempt return the same verdict, in
 * spite of the jitter, so that the delay that is reported is the one that is used.
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
