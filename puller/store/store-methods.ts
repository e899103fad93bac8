/** The methods of a puller that keep house in its store: list, measure, remove, lease, collect, verify. */
import type { Collected, CollectOptions, StoreUsage } from '../../lib/store/index.js'
import type { ImageSummary } from '../../pipelines/images.js'
import type { Inspection, InspectRequest } from '../../pipelines/inspect.js'
import type { RemovalOutcome, RemovedImage } from '../../pipelines/remove.js'
import type { HistoryStep } from '../../pipelines/stored/history.js'
import { historyOf } from '../../pipelines/stored/history.js'
import type { VerifyOptions, VerifyReport } from '../../pipelines/check/verify.js'
import { checkArgument, checkOptions } from '../options/check-options.js'
import { anyText } from '../options/option-codecs.js'
import type { PullOptions } from '../options/options.js'
import { RuntimeMethods } from '../runtime/runtime-methods.js'
import type { StoreTasks } from './store-tasks.js'
import type { Leases } from './leases.js'
import { historyTable } from './store-options.js'

/** The part of `Windlass` for its store. */
export abstract class StoreMethods extends RuntimeMethods {
  protected abstract readonly tasks: StoreTasks
  /** What protects images from garbage collection for a time. */
  abstract readonly leases: Leases
  /** Returns the manifest and config of an image. Requests no layers and creates no store. */
  abstract inspect(
    name: string,
    options?: InspectRequest & Pick<PullOptions, 'platform'>,
  ): Promise<Inspection>

  /** Returns the images of the store. If there is no store, returns none and reports the warning `no-store`. */
  async images(): Promise<ImageSummary[]> {
    return this.tasks.images()
  }

  /**
   * Measures what takes the space of the store. Sizes of unpacked layers are those of their trees as tar archives.
   * @throws STORE_CORRUPT when there is no store; STORE_*
   */
  async usage(options: { readonly signal?: AbortSignal } = {}): Promise<StoreUsage> {
    return this.tasks.usage(options)
  }

  /**
   * Returns the steps of the build of an image, the latest first, with the sizes of their layers: from the store if it has the image,
   * otherwise from the registry. Fetches no layer.
   * @throws as `inspect`
   * @example
   * for (const { createdBy, size } of await windlass.history('alpine:3.20')) console.log(size, createdBy)
   */
  async history(
    name: string,
    options: Pick<PullOptions, 'platform' | 'signal'> = {},
  ): Promise<readonly HistoryStep[]> {
    checkArgument('history', 'name', anyText, name)
    checkOptions('history', historyTable, options)
    const stored = await this.tasks.storedHistory(name, options.platform)
    if (stored) return stored
    const { image } = await this.inspect(name, options)
    return image ? historyOf(image.config.value, image.layers) : []
  }

  /**
   * Removes a name of an image. `collect` then removes the content that no other name needs, and no lease.
   * @throws IMAGE_UNKNOWN when the store has no such name; REFERENCE_INVALID; STORE_CORRUPT when there is no store
   */
  async remove(name: string): Promise<RemovedImage> {
    checkArgument('remove', 'name', anyText, name)
    const [outcome] = await this.removeAll([name])
    if ('error' in outcome!) throw outcome.error
    return outcome!
  }

  /** Removes several names. Returns the outcome of each, in order. An unknown name does not stop the others. */
  async removeAll(names: readonly string[]): Promise<readonly RemovalOutcome[]> {
    return this.tasks.remove(names)
  }

  /**
   * Removes content that no name and no running pull needs, in this process or another. With `keepStorage` or `unusedFor`, also
   * removes the images that were used least recently; never one that a process uses, that is mounted or leased, or that
   * another tool has named.
   * @throws STORE_CORRUPT when there is no store, or when it is unknown what the names need; nothing is removed then
   * @example
   * const { images } = await windlass.collect({ keepStorage: 20e9, unusedFor: 7 * 86_400_000, dryRun: true })
   */
  async collect(options: CollectOptions = {}): Promise<Collected> {
    return this.tasks.collect(options)
  }

  /**
   * Verifies the whole store and reports its problems. With `repair`, replaces damaged content.
   * @throws STORE_CORRUPT when there is no store, or its list of names cannot be read. Problems are not thrown.
   */
  async verify(options: VerifyOptions = {}): Promise<VerifyReport> {
    return this.tasks.verify(options)
  }
}
