/** Starts copies, which share the connections of a puller and the limit on its transfers. They need no store. */
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
import { copyTable, openTable } from './options/option-table.js'
import type { CopyOptions, OpenOptions } from './options/options.js'
import { retryPolicy } from './options/retry.js'
import { type Pull, PullRun } from './pull-run.js'

/** A copy that was started: its events, its result, and how to end it. */
export interface Copy extends Omit<Pull, 'done'> {
  /** What was copied, once the target has all of it. Rejects with a WindlassError. */
  readonly done: Promise<CopiedImage>
}

/** What a puller shares with its copies. */
export interface CopierParts {
  readonly options: OpenOptions
  readonly registries: Registries
  readonly limits: Limits
  readonly lifetime: Scope
}

export class Copier {
  readonly #parts: CopierParts
  readonly #copies: BlobCopies

  constructor(parts: CopierParts) {
    this.#parts = parts
    const { maxDownloads = openTable.maxDownloads.default } = parts.options
    this.#copies = new BlobCopies({ slots: maxDownloads, retry: retryPolicy(parts.options) }, parts.lifetime)
  }

  /** @throws USAGE, REFERENCE_INVALID, PLATFORM_INVALID: before any traffic */
  start(from: string, to: string, options: CopyOptions): PullRun<CopiedImage> {
    checkOptions('copy', copyTable, options)
    const { platform, allPlatforms = false, signal } = options
    if (allPlatforms && platform !== undefined)
      throw new WindlassError('USAGE', 'Copying: a platform and all platforms exclude each other')
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
