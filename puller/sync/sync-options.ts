/** The options of a sync and of its plan. */
import * as codecs from '../options/option-codecs.js'
import { type OptionTable, pullManyTable } from '../options/option-table.js'

/** Options of `planSync`. */
export interface PlanSyncOptions {
  /**
   * Plan to remove the tags of target repositories that the filters of the list match, and that it does not select (false).
   * Tags of referrers are never removed.
   */
  readonly delete?: boolean
  /** Cancels the work. */
  readonly signal?: AbortSignal
}

/** Options of `sync`. */
export interface SyncOptions {
  /** Maximum number of images copied concurrently (2). Their blobs share the limit `maxDownloads` of the puller. */
  readonly concurrency?: number
  /** Cancel all copies when one fails, and reject with its error (false). */
  readonly failFast?: boolean
  /** Cancels the sync. What is at the target stays there, so that a later sync sends only the rest. */
  readonly signal?: AbortSignal
}

const { signal } = pullManyTable

/** Options of `planSync`. */
export const planSyncTable = {
  delete: {
    codec: codecs.trueOrFalse,
    help: 'also remove tags that the list selects no longer',
    default: false,
  },
  signal,
} satisfies OptionTable<PlanSyncOptions>

/** Options of `sync`. */
export const syncTable = {
  concurrency: { ...pullManyTable.concurrency, help: 'images to copy concurrently' },
  failFast: { ...pullManyTable.failFast },
  signal,
} satisfies OptionTable<SyncOptions>
