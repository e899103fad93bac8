/**
 * When a transfer is tried again: what may help if repeated, so many attempts in all, later each time.
 * `Retry-After` is obeyed up to a cap.
 */
import type { Failure, Verdict } from '../flow/index.js'
import { maxTimer } from '../flow/lifetime/timer.js'
import { WindlassError } from '../errors.js'

export interface RetryPolicy {
  /** Attempts in all, the first included. */
  readonly attempts: number
  /** Milliseconds before attempt n + 1, times n. */
  readonly delay: number
  /** The longest `Retry-After` that is waited for, in milliseconds. */
  readonly longestRetryAfter: number
  /** The part of the delay that is left to chance, from 0 (none, the default) to 1: 0.2 waits 80 to 120 % of it. */
  readonly jitter?: number
  /**
   * Attempts at one layer, whatever they bring (1,000). An attempt that brought more of it counts as the first again, so
   * that a large layer comes over a link that breaks off again and again; and this is where that ends.
   */
  readonly attemptsInAll?: number
}

/** As Docker: 5 attempts, 5 s × n. */
export const defaultRetryPolicy: RetryPolicy = { attempts: 5, delay: 5_000, longestRetryAfter: 60_000 }

/** For manifests and configs: small, and asked for while somebody waits to hear whether there is such an image at all. */
export const documentRetryPolicy: RetryPolicy = { attempts: 3, delay: 500, longestRetryAfter: 60_000 }

/** `policy` for work that asks by itself how long to wait: undefined where it is not to be tried again. */
export function againAfter(policy: RetryPolicy): (error: unknown, attempt: number) => number | undefined {
  const decide = retryingTransfers(policy)
  return (error, attempt) => {
    const verdict = decide({ actor: '', message: undefined, error, attempt })
    return typeof verdict === 'object' ? verdict.retry : undefined
  }
}

/** The same answer however often it is asked about one failure: whoever tells the delay and whoever waits it agree. */
export function retryingTransfers(
  policy: RetryPolicy,
  random: () => number = Math.random,
): (failure: Failure) => Verdict {
  const decided = new WeakMap<WindlassError, { readonly attempt: number; readonly verdict: Verdict }>()
  return ({ error, attempt }) => {
    if (!(error instanceof WindlassError)) return 'fail'
    const before = decided.get(error)
    if (before?.attempt === attempt) return before.verdict
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
