/**
 * When a transfer is tried again: what may help if repeated, so many attempts in all, later each time
 * (S2-50, S2-51, S3-14). `Retry-After` is obeyed up to a cap (threats §6).
 */
import type { Failure, Verdict } from '../flow/index.js'
import { WindlassError } from '../errors.js'

export interface RetryPolicy {
  /** Attempts in all, the first included. */
  readonly attempts: number
  /** Milliseconds before attempt n + 1, times n. */
  readonly delay: number
  /** The longest `Retry-After` that is waited for, in milliseconds. */
  readonly longestRetryAfter: number
}

/** As Docker: 5 attempts, 5 s × n (S2-50, S2-51). */
export const defaultRetryPolicy: RetryPolicy = { attempts: 5, delay: 5_000, longestRetryAfter: 60_000 }

export function retryingTransfers(policy: RetryPolicy): (failure: Failure<unknown>) => Verdict {
  return ({ error, attempt }) => {
    if (!(error instanceof WindlassError) || !error.retryable || attempt >= policy.attempts) return 'fail'
    const wait = error.retryAfter ?? policy.delay * attempt
    return wait > policy.longestRetryAfter && error.retryAfter !== undefined ? 'fail' : { retry: wait }
  }
}
