/** Defines the report of a sync, as plain data that can be stored and sent as JSON. */
import type { ErrorRecord } from '../../lib/errors.js'
import type { SyncItem } from './sync-plan.js'

/**
 * What became of an item of the plan. `kept`: a tag was not removed, because an image of its repository could not be copied.
 * Otherwise the past of the action.
 */
export type SyncResult = 'copied' | 'replaced' | 'completed' | 'equal' | 'deleted' | 'kept' | 'failed'

/** An item of a plan with its result. */
export interface SyncOutcome extends SyncItem {
  readonly result: SyncResult
  /** Milliseconds of the copy; 0 without one. */
  readonly duration: number
  /** Compressed bytes: `total` of the blobs of a copy, `copied` of those that were sent. */
  readonly bytes: SyncBytes
  /** Number of signatures, SBOMs and attestations of the copy, if they were requested. */
  readonly copiedReferrers?: number
  /** Set for `failed`. */
  readonly error?: ErrorRecord
}

/** Compressed bytes of copies. */
export interface SyncBytes {
  readonly total: number
  readonly copied: number
}

/** Report of a sync. */
export interface SyncReport {
  /** One for each item, in the order of the plan. */
  readonly outcomes: readonly SyncOutcome[]
  /** Number of outcomes by result. */
  readonly counts: Readonly<Record<SyncResult, number>>
  readonly bytes: SyncBytes
  /** Milliseconds of the whole sync, less than the sum of the copies if they overlap. */
  readonly duration: number
}

/** Returns the outcome of an item for which there is nothing to do. */
export const outcomeOf = (
  item: SyncItem,
  result: SyncResult,
  { error, ...more }: Partial<Pick<SyncOutcome, 'duration' | 'bytes' | 'copiedReferrers' | 'error'>> = {},
): SyncOutcome => ({
  ...item,
  ...{ result, duration: 0, bytes: { total: 0, copied: 0 } },
  ...more,
  ...(error && { error }),
})

/** Returns the report of `outcomes`. @param duration elapsed milliseconds */
export function syncReportOf(outcomes: readonly SyncOutcome[], duration: number): SyncReport {
  const counts = { copied: 0, replaced: 0, completed: 0, equal: 0, deleted: 0, kept: 0, failed: 0 }
  const bytes = { total: 0, copied: 0 }
  for (const outcome of outcomes) {
    counts[outcome.result]++
    bytes.total += outcome.bytes.total
    bytes.copied += outcome.bytes.copied
  }
  return { outcomes, counts, bytes, duration }
}
