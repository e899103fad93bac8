/** Limits of a puller that may change while its pulls run. */
import { checkOptions } from './options/check-options.js'
import { liveLimitsTable, openTable } from './options/option-table.js'
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
   * windlass.limits.set({ maxDownloads: 1 })
   */
  set(changes: Partial<LimitValues>): void
}

/** The limits of one puller, and what follows them. */
export class PullerLimits implements LiveLimits {
  readonly #followers: ((values: LimitValues) => void)[] = []
  #values: LimitValues

  constructor({ maxDownloads = openTable.maxDownloads.default, maxUnpacks = defaultUnpacks() }: OpenOptions) {
    this.#values = { maxDownloads, maxUnpacks }
  }

  get(): LimitValues {
    return { ...this.#values }
  }

  set(changes: Partial<LimitValues>): void {
    checkOptions('limits.set', liveLimitsTable, changes)
    const { maxDownloads = this.#values.maxDownloads, maxUnpacks = this.#values.maxUnpacks } = changes
    this.#values = { maxDownloads, maxUnpacks }
    for (const follow of this.#followers) follow(this.#values)
  }

  /** Calls `follower` with the present limits, and after each change with the new ones. */
  follow(follower: (values: LimitValues) => void): void {
    this.#followers.push(follower)
    follower(this.#values)
  }
}
