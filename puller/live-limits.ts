/** Limits of a puller that may change while its pulls run. */
import { checkOptions } from './options/check-options.js'
import { downloadCount, liveLimitsTable } from './options/option-table.js'
import { type LimitValues, type OpenOptions, defaultUnpacks } from './options/options.js'

/** The limits of a puller: they hold for all its pulls together, and may change while these run. */
export interface LiveLimits {
  /** Returns the present limits. */
  get(): LimitValues
  /**
   * Changes some of the limits. Running pulls use the additional slots at once. If there are fewer, the transfers and
   * unpacks in progress go on, and no other starts until fewer are in progress.
   *
   * @throws USAGE for an unknown limit or an invalid value; nothing changes then
   * @example
   * windlass.limits.set({ maxDownloads: 1, bytesPerSecond: 500_000 })
   * windlass.limits.set({ bytesPerSecond: Infinity }) // no limit any more
   */
  set(changes: Partial<LimitValues>): void
}

/** The limits of one puller, and what follows them. */
export class PullerLimits implements LiveLimits {
  readonly #followers: ((values: LimitValues) => void)[] = []
  #values: LimitValues

  #isAuto: boolean

  constructor({
    maxDownloads = downloadCount.default,
    maxUnpacks = defaultUnpacks(),
    bytesPerSecond = Infinity,
  }: OpenOptions) {
    this.#isAuto = maxDownloads === 'auto'
    this.#values = {
      maxDownloads: maxDownloads === 'auto' ? downloadCount.default : maxDownloads,
      maxUnpacks,
      bytesPerSecond,
    }
  }

  /** Whether the number of downloads is to be found while layers are downloaded. `set` with a number ends that. */
  get isAuto(): boolean {
    return this.#isAuto
  }

  /** Sets the number of downloads that was found. */
  setFound(maxDownloads: number): void {
    if (this.#isAuto && maxDownloads !== this.#values.maxDownloads)
      this.#change({ ...this.#values, maxDownloads })
  }

  get(): LimitValues {
    return { ...this.#values }
  }

  set(changes: Partial<LimitValues>): void {
    checkOptions('limits.set', liveLimitsTable, changes)
    const present = this.#values
    const { maxDownloads = present.maxDownloads, maxUnpacks = present.maxUnpacks } = changes
    const { bytesPerSecond = present.bytesPerSecond } = changes
    if (changes.maxDownloads !== undefined) this.#isAuto = false
    this.#change({ maxDownloads, maxUnpacks, bytesPerSecond })
  }

  #change(values: LimitValues): void {
    this.#values = values
    for (const follow of this.#followers) follow(values)
  }

  /** Calls `follower` with the present limits, and after each change with the new ones. */
  follow(follower: (values: LimitValues) => void): void {
    this.#followers.push(follower)
    follower(this.#values)
  }
}
