/** Provides `GroupShares`, which divides the slots of an actor among groups of letters. */

/** What a group has received so far. */
interface Share {
  /** Number of its letters in service. */
  active: number
  /** Number of the letter of any group that was served when this group was served last. */
  servedAt: number
}

/** Counts the letters in service by group. Letters without a group form one group. */
export class GroupShares {
  readonly #shares = new WeakMap<object, Share>() // a group is forgotten with its last letter
  readonly #withoutGroup = {}
  #served = 0

  /** Records that the service of a letter of `group` begins. */
  begin(group: object = this.#withoutGroup): void {
    const share = this.#of(group)
    share.active++
    share.servedAt = ++this.#served
  }

  /** Records that the service of a letter of `group` ends. */
  end(group: object = this.#withoutGroup): void {
    this.#of(group).active--
  }

  /**
   * Returns those of `letters` whose group goes first: the one with the fewest letters in service, and of several the
   * one that was served longest ago. Groups that were never served are equal. The letters keep their order.
   * @param letters at least one
   */
  first<Waiting extends { readonly group?: object | undefined }>(letters: readonly Waiting[]): Waiting[] {
    const shares = letters.map(({ group = this.#withoutGroup }) => this.#of(group))
    const next = shares.reduce((one, other) => (goesBefore(other, one) ? other : one))
    return letters.filter((_, at) => !goesBefore(next, shares[at]!))
  }

  #of(group: object): Share {
    const share = this.#shares.get(group) ?? { active: 0, servedAt: 0 }
    this.#shares.set(group, share)
    return share
  }
}

const goesBefore = (one: Share, other: Share): boolean =>
  one.active < other.active || (one.active === other.active && one.servedAt < other.servedAt)
