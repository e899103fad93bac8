/** Provides `GroupShares`, which divides the slots of an actor among groups of letters. */

/** The slots of one group. */
interface Share {
  /** Number of its letters in service. */
  active: number
  /** Sequence number, over all groups, of the letter of this group that was served last. 0: none yet. */
  servedAt: number
}

/** Counts the letters in service by group. Letters without a group form one group. */
export class GroupShares {
  readonly #shares = new WeakMap<object, Share>() // a group is forgotten with its last letter
  readonly #withoutGroup = {}
  #lastServed = 0

  /** Records that a letter of `group` has taken a slot. */
  begin(group: object = this.#withoutGroup): void {
    const share = this.#shareOf(group)
    share.active++
    share.servedAt = ++this.#lastServed
  }

  /** Records that a letter of `group` has freed its slot. */
  end(group: object = this.#withoutGroup): void {
    this.#shareOf(group).active--
  }

  /**
   * Returns the letters of the group that takes the next slot: the one with the fewest letters in service. Of several
   * such groups, the one served longest ago; if several were never served, the letters of all of them. Keeps the order.
   * @param letters at least one
   */
  selectNext<Waiting extends { readonly group?: object | undefined }>(
    letters: readonly Waiting[],
  ): Waiting[] {
    const shares = letters.map(({ group = this.#withoutGroup }) => this.#shareOf(group))
    const next = shares.reduce((one, other) => (goesBefore(other, one) ? other : one))
    return letters.filter((_, index) => !goesBefore(next, shares[index]!))
  }

  #shareOf(group: object): Share {
    const share = this.#shares.get(group) ?? { active: 0, servedAt: 0 }
    this.#shares.set(group, share)
    return share
  }
}

const goesBefore = (one: Share, other: Share): boolean =>
  one.active < other.active || (one.active === other.active && one.servedAt < other.servedAt)
