/** The methods of a puller that copy lists of images. */
import type { SyncList } from '../../lib/sync/index.js'
import type { CopiedImage } from '../../lib/stages/index.js'
import type { SyncPlan } from '../../pipelines/sync/sync-plan.js'
import type { SyncReport } from '../../pipelines/sync/sync-report.js'
import type { PullSet } from '../pull-set.js'
import { StoreMethods } from '../store/store-methods.js'
import { SyncOperations } from './sync-operations.js'
import type { PlanSyncOptions, SyncOptions } from './sync-options.js'

export { SyncOperations }

/** The part of `Windlass` for lists of images. */
export abstract class SyncMethods extends StoreMethods {
  protected abstract readonly syncs: SyncOperations

  /**
   * Returns what `sync` would do for the images of a list. Lists tags, and compares the sources with the targets by HEAD
   * requests. Changes nothing. A source or target that fails is an item of the plan.
   * @throws USAGE, REFERENCE_INVALID, PLATFORM_INVALID for an invalid list; CANCELLED
   */
  planSync(list: Pick<SyncList, 'entries'>, options: PlanSyncOptions = {}): Promise<SyncPlan> {
    return this.syncs.plan(list, options)
  }

  /**
   * Carries out a plan: copies the images that it says, two at a time unless `concurrency` is given, and then removes tags.
   * Continues after failures. Nothing is removed from a repository to which an image could not be copied.
   * @throws USAGE for an invalid option, before any network traffic. A failed image is an outcome of the report.
   * @example
   * const list = parseSyncList(await readFile('sync.yml', 'utf8'))
   * await using windlass = await open(withHostsOf(list))
   * const plan = await windlass.planSync(list)
   * const { counts } = await windlass.sync(plan).done
   */
  sync(plan: Pick<SyncPlan, 'items'>, options: SyncOptions = {}): PullSet<SyncReport, CopiedImage> {
    return this.syncs.run(plan, options)
  }
}
