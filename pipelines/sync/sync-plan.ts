/** Defines the plan of a sync, as plain data: what would be copied, replaced, removed, or stays as it is. */
import type { ErrorRecord } from '../../lib/errors.js'
import type { Digest } from '../../lib/image/index.js'

/**
 * What is to be done for an image.
 *
 * - `copy`: the target does not have the tag
 * - `replace`: the tag of the target points at another image
 * - `referrers`: the target has the image, but lacks something that belongs to it
 * - `equal`: nothing
 * - `delete`: the list selects the tag no longer, and it is to be removed from the target
 * - `failed`: nothing, because something went wrong while the plan was made
 */
export type SyncAction = 'copy' | 'replace' | 'referrers' | 'equal' | 'delete' | 'failed'

/** One image, or tag, of a plan. */
export interface SyncItem {
  readonly action: SyncAction
  /** Line of the entry in the list. */
  readonly line: number
  /** Normalised name of the image at the source; undefined for `delete`. */
  readonly from?: string
  /** Normalised name of the image at the target. */
  readonly to: string
  /** Digest that the name at the source points at. If it is an index, the copy may be of one of its images. */
  readonly digest?: Digest
  /** Digest that the target has or is to have; differs from `digest` if one image of an index is copied. */
  readonly expected?: Digest
  /** Digest that the tag of the target points at, if it has the tag. Undefined for `delete`. */
  readonly previous?: Digest
  /** Copy an index with everything in it. */
  readonly allPlatforms: boolean
  readonly platform?: string
  readonly referrers: boolean
  /** Set for `failed`. */
  readonly error?: ErrorRecord
}

/** What a sync would do. */
export interface SyncPlan {
  /** In the order of the list; removals are last. */
  readonly items: readonly SyncItem[]
  /** Number of items by action. */
  readonly counts: Readonly<Record<SyncAction, number>>
  /** Sentences about tags that are not removed, and about lists of tags. */
  readonly warnings: readonly string[]
}

/** Returns the plan of `items`. */
export function planOf(items: readonly SyncItem[], warnings: readonly string[] = []): SyncPlan {
  const counts = { copy: 0, replace: 0, referrers: 0, equal: 0, delete: 0, failed: 0 }
  for (const { action } of items) counts[action]++
  return { items, counts, warnings }
}
