/**
 * Starts copies. All copies of a puller share its connections and one limit on concurrent transfers. They use no store.
 */
import { WindlassError } from '../lib/errors.js'
import { Flow, type Scope } from '../lib/flow/index.js'
import { formatPlatform } from '../lib/image/index.js'
import type { Limits } from '../lib/limits.js'
import type { Registries } from '../lib/registry/index.js'
import { BlobCopies } from '../lib/stages/index.js'
import { type CopiedImage, documentRetryPolicy } from '../lib/transfer/index.js'
import { copy } from '../pipelines/copy.js'
import { copyStages } from '../pipelines/copy-stages.js'
import { copyTarget } from './names/copy-target.js'
import { locate } from './names/request.js'
import { checkOptions } from './options/check-options.js'
import { copyTable } from './options/option-table.js'
import type { CopyOptions, OpenOptions } from './options/options.js'
import { retryPolicy } from './options/retry.js'
import type { PullerLimits } from './control/live-limits.js'
import { type Pull, PullRun } from './pull-run.js'

/** A running copy. It cannot be paused. */
export interface Copy extends Omit<Pull, 'done' | 'priority' | 'pause' | 'resume'> {
  /** The copied image or index, once the target has all of it. Rejects with a WindlassError. */
  readonly done: Promise<CopiedImage>
}

/** Parameters of a `Copier`: the parts of the puller that its copies share. */
export interface CopierParts {
  readonly options: OpenOptions
  readonly registries: Registries
  readonly limits: Limits
  readonly lifetime: Scope
  readonly liveLimits: PullerLimits
}

/** Starts the copies of one puller. */
export class Copier {
  readonly #parts: CopierParts
  readonly #copies: BlobCopies

  constructor(parts: CopierParts) {
    this.#parts = parts
    const { maxDownloads } = parts.liveLimits.get()
    this.#copies = new BlobCopies({ slots: maxDownloads, retry: retryPolicy(parts.options) }, parts.lifetime)
    parts.liveLimits.follow((values) => this.#copies.resize(values.maxDownloads))
  }

  /** Starts a copy. @throws USAGE, REFERENCE_INVALID, PLATFORM_INVALID, before any network traffic */
  start(from: string, to: string, options: CopyOptions): PullRun<CopiedImage> {
    checkOptions('copy', copyTable, options)
    const { platform, allPlatforms = false, signal } = options
    if (allPlatforms && platform !== undefined)
      throw new WindlassError('USAGE', 'Cannot copy: `platform` and `allPlatforms` cannot be used together')
    const { registries, limits } = this.#parts
    const request = locate(from, platform, registries, limits)
    const target = copyTarget(to, registries)
    const retry = retryPolicy(this.#parts.options, documentRetryPolicy)
    const { indexDepth } = limits
    const stages = copyStages({ target, allPlatforms, copies: this.#copies, retry, indexDepth })
    return new PullRun<CopiedImage>({
      what: 'copy',
      start: {
        ...{ type: 'start', reference: request.name, target: target.name },
        platform: allPlatforms ? 'all' : formatPlatform(request.platform),
      },
      signal,
      prepare: () => Promise.resolve(Flow.of(request).pipe(copy(stages))),
    })
  }
}
