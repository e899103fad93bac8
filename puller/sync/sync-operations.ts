/** Plans and runs the syncs of a puller. */
import { Flow } from '../../lib/flow/index.js'
import type { Limits } from '../../lib/limits.js'
import type { ImageRegistries } from '../../lib/registry/index.js'
import type { SyncList } from '../../lib/sync/index.js'
import type { CopiedImage, CopyTarget, RetryPolicy } from '../../lib/transfer/index.js'
import { runSync } from '../../pipelines/sync/run-sync.js'
import type { SyncItem, SyncPlan } from '../../pipelines/sync/sync-plan.js'
import type { SyncPlaces } from '../../pipelines/sync/sync-places.js'
import type { SyncReport } from '../../pipelines/sync/sync-report.js'
import { copyTarget } from '../names/copy-target.js'
import { locate } from '../names/request.js'
import { checkOptions } from '../options/check-options.js'
import type { CopyOptions } from '../options/options.js'
import { type RunOf, type PullSet, PullSetRun } from '../pull-set.js'
import type { RunningWork } from '../running-work.js'
import { type PlanSyncOptions, type SyncOptions, planSyncTable, syncTable } from './sync-options.js'

/** The parts of a puller that syncs use. */
export interface SyncParts {
  readonly registries: ImageRegistries
  readonly limits: Limits
  /** Retries of manifests. */
  readonly retry: RetryPolicy
  readonly work: RunningWork
  readonly assertOpen: () => void
  /** Starts a copy. */
  readonly copy: (from: string, to: string, options: CopyOptions) => RunOf<CopiedImage>
}

/** Plans and runs syncs. */
export class SyncOperations {
  readonly #parts: SyncParts
  readonly #places: SyncPlaces

  constructor(parts: SyncParts) {
    const { registries, limits, retry } = (this.#parts = parts)
    this.#places = {
      request: (name, platform) => locate(name, platform, registries, limits),
      target: (name): CopyTarget => copyTarget(name, registries),
      retry,
    }
  }

  /** See `Windlass.planSync`. */
  plan(list: Pick<SyncList, 'entries'>, options: PlanSyncOptions): Promise<SyncPlan> {
    this.#parts.assertOpen()
    checkOptions('planSync', planSyncTable, options)
    const stop = new AbortController()
    const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal
    // Lists of images need parsers of YAML and of versions, which no other operation loads.
    const done = import('../../pipelines/sync/plan-sync.js').then(({ planSync }) =>
      planSync(list, { ...options, places: this.#places, signal }),
    )
    this.#parts.work.register({
      cancel: (reason) => stop.abort(reason),
      closed: () => done.then(ignore, ignore),
      running: ['planning a sync'],
    })
    return done
  }

  /** See `Windlass.sync`. */
  run(plan: Pick<SyncPlan, 'items'>, options: SyncOptions): PullSet<SyncReport, CopiedImage> {
    this.#parts.assertOpen()
    checkOptions('sync', syncTable, options)
    const { concurrency = syncTable.concurrency.default, failFast = false, signal } = options
    const set = new PullSetRun<SyncReport, CopiedImage>({
      ...{ signal, what: 'sync' },
      prepare: (announce) => {
        const start = (item: SyncItem) => announce({ name: item.to, pull: this.#copy(item) })
        const target = (name: string): CopyTarget => copyTarget(name, this.#parts.registries)
        return Promise.resolve(Flow.from(plan.items).pipe(runSync({ concurrency, failFast, start, target })))
      },
    })
    return this.#parts.work.register(set)
  }

  /** Starts the copy of what the plan found, even if the name at the source points elsewhere by now. */
  #copy({ from = '', to, digest, allPlatforms, platform, referrers }: SyncItem): RunOf<CopiedImage> {
    const isPinned = digest === undefined || from.startsWith('oci:') || from.includes('@')
    return this.#parts.copy(isPinned ? from : `${from}@${digest}`, to, {
      ...{ referrers, allPlatforms },
      ...(!allPlatforms && platform !== undefined && { platform }),
    })
  }
}

const ignore = (): void => undefined
