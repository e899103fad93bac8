/** Defines the limits of a puller that may change while its pulls run. */
import { checkOptions } from '../options/check-options.js'
import { downloadCount, liveLimitsTable } from '../options/option-table.js'
import { type LimitValues, type OpenOptions, defaultUnpacks } from '../options/options.js'

/** The limits on all pulls of a puller together. They may change while pulls run. */
export interface LiveLimits {
  /** Returns the current limits. */
  get(): LimitValues
  /** Whether `maxDownloads` is found while layers are downloaded (`auto`). `set` with a number ends that. */
  readonly isAuto: boolean
  /**
   * Changes some of the limits. Running pulls use additional slots immediately. After a reduction, transfers and
   * unpacks in progress continue, and new ones start only when the number in progress is below the limit.
   *
   * @throws USAGE for an unknown limit or an invalid value; nothing changes then
   * @example
   * windlass.limits.set({ maxDownloads: 1, bytesPerSecond: 500_000 })
   * windlass.limits.set({ bytesPerSecond: Infinity }) // no limit any more
   */
  set(changes: Partial<LimitValues>): void
}

/** The limits of one puller. Calls its followers after each change. */
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

  /** Whether the number of downloads is adjusted automatically. Setting `maxDownloads` ends that. */
  get isAuto(): boolean {
    return this.#isAuto
  }

  /** Sets the number of downloads, unless the program has set it. */
  setAutoDownloads(maxDownloads: number): void {
    if (this.#isAuto && maxDownloads !== this.#values.maxDownloads)
      this.#change({ ...this.#values, maxDownloads })
  }

  get(): LimitValues {
    return { ...this.#values }
  }

  set(changes: Partial<LimitValues>): void {
    checkOptions('limits.set', liveLimitsTable, changes)
    const current = this.#values
    const { maxDownloads = current.maxDownloads, maxUnpacks = current.maxUnpacks } = changes
    const { bytesPerSecond = current.bytesPerSecond } = changes
    if (changes.maxDownloads !== undefined) this.#isAuto = false
    this.#change({ maxDownloads, maxUnpacks, bytesPerSecond })
  }

  #change(values: LimitValues): void {
    this.#values = values
    for (const follow of this.#followers) follow(values)
  }

  /** Calls `follower` now with the current limits, and after each change with the new ones. */
  follow(follower: (values: LimitValues) => void): void {
    this.#followers.push(follower)
    follower(this.#values)
  }
}
