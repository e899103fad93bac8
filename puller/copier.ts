/**
 * Starts copies. All copies of a puller share its connections and one limit on concurrent transfers. They use no store.
 */
import { printable } from '../lib/codec/index.js'
import { WindlassError } from '../lib/errors.js'
import { Flow, type Scope, type WorkControl } from '../lib/flow/index.js'
import { type ImageSink, formatPlatform } from '../lib/image/index.js'
import type { Limits } from '../lib/limits.js'
import type { ImageRegistries } from '../lib/registry/index.js'
import { BlobCopies } from '../lib/stages/index.js'
import { type CopiedImage, documentRetryPolicy } from '../lib/transfer/index.js'
import { copy } from '../pipelines/copy.js'
import { copyStages } from '../pipelines/copy-stages.js'
import { copyTarget } from './names/copy-target.js'
import { chooseImage } from './names/choose-image.js'
import type { ImageNames } from './names/image-names.js'
import { closeSources, type Located, nameOf } from './names/located.js'
import { checkOptions } from './options/check-options.js'
import { copyTable } from './options/option-table.js'
import type { CopyOptions, OpenOptions } from './options/options.js'
import { imagePolicy } from './options/policy-options.js'
import { retryPolicy } from './options/retry.js'
import type { PullerLimits } from './control/live-limits.js'
import { ControlledRun } from './control/controlled-run.js'
import type { Pull, StartedWork } from './pull-run.js'

/** A running copy. */
export interface Copy extends Omit<Pull, 'done'> {
  /**
   * Priority of the blobs of this copy (0). A free slot goes to the copy with the highest number. A change applies to
   * blobs that wait, not to those in progress.
   * @throws USAGE when it is set to a value that is not a finite number
   */
  priority: number
  /**
   * Pauses the copy and emits the event `paused`. Its transfers stop within 250 ms and their slots become free. No
   * effect on a paused or ended copy.
   */
  pause(): void
  /** Ends a pause and emits the event `resumed`. Interrupted blobs are sent again from their first byte. */
  resume(): void
  /** The copied image or index, once the target has all of it. Rejects with a WindlassError. */
  readonly done: Promise<CopiedImage>
}

/** Releases what the source and the target keep. */
async function closeEnds(located: Located, sink: ImageSink): Promise<void> {
  try {
    await closeSources(located)
  } finally {
    await sink.close?.()
  }
}

/** Parameters of a `Copier`: the parts of the puller that its copies share. */
export interface CopierParts {
  readonly options: OpenOptions
  readonly names: ImageNames
  readonly registries: ImageRegistries
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
  start(from: string, to: string, options: CopyOptions): ControlledRun<CopiedImage> {
    checkOptions('copy', copyTable, options)
    const { platform, allPlatforms = false, referrers = false, signal } = options
    if (allPlatforms && platform !== undefined)
      throw new WindlassError('USAGE', 'Cannot copy: `platform` and `allPlatforms` cannot be used together')
    const { names, registries, limits } = this.#parts
    const located = names.locate(from, { platform })
    const target = copyTarget(to, registries)
    if (referrers && !target.sink.putReferrer)
      throw new WindlassError(
        'USAGE',
        `Cannot copy what belongs to an image to ${printable(to)}: such a target has one image and nothing else`,
        { hint: 'Copy without --referrers, or to oci-archive:FILE or oci:DIR.' },
      )
    const retry = retryPolicy(this.#parts.options, documentRetryPolicy)
    const { indexDepth } = limits
    const copies = this.#copies
    const prepare = async (control: WorkControl, running: StartedWork): Promise<Flow<CopiedImage>> => {
      const policy = await imagePolicy(this.#parts.options.policy)
      const stages = copyStages({ target, allPlatforms, copies, retry, indexDepth, policy, referrers })
      const request = await chooseImage(located, { ...running, retry })
      return Flow.of({ ...request, control }).pipe(copy(stages))
    }
    return new ControlledRun<CopiedImage>({
      what: 'copy',
      requestEvents: this.#parts.options.requestEvents,
      start: {
        ...{ type: 'start', reference: nameOf(located), target: target.name },
        platform: allPlatforms ? 'all' : formatPlatform(located.candidates[0].request.platform),
      },
      ...{ signal, prepare, release: () => closeEnds(located, target.sink) },
    })
  }
}
