/**
 * Provides `LetterQueue`: the letters (messages) that wait for a slot of an actor, and the order in which they take
 * slots.
 */
import { GroupShares } from './group-shares.js'
import type { Letter } from './letter.js'
import { ProtocolError } from '../flows/protocol-error.js'

/** Selects one of several messages, given in the order of the queue. Returns its index. */
export type PickNext<in Msg> = (waiting: readonly Msg[]) => number

/**
 * The letters that wait for a slot. Each of these rules narrows down the choice of the next letter:
 * 1. Letters of the highest priority.
 * 2. With `fair`, letters of the group with the fewest letters in service; of several such groups, the one served
 *    longest ago.
 * 3. With `pick`, the letter that it selects.
 * 4. Without `pick`, the oldest retried letter (in the order in which they came back), or else the oldest letter.
 *
 * A letter waits as long as letters of higher priorities keep arriving. A priority function that rises with time
 * prevents that.
 */
export class LetterQueue<Msg, Reply> {
  readonly #name: string
  readonly #pick: PickNext<Msg> | undefined
  readonly #retried: Letter<Msg, Reply>[] = []
  readonly #fresh: Letter<Msg, Reply>[] = []
  readonly #shares: GroupShares | undefined
  #prioritized = 0 // number of letters with an explicit priority; the others have priority 0

  /**
   * @param name name of the actor, used in errors
   * @param fair whether groups of letters share the slots
   */
  constructor(name: string, pick?: PickNext<Msg>, fair = false) {
    this.#name = name
    this.#pick = pick
    this.#shares = fair ? new GroupShares() : undefined
  }

  /** Number of letters. */
  get size(): number {
    return this.#retried.length + this.#fresh.length
  }

  /** The letters, in the order of the queue. */
  get letters(): Letter<Msg, Reply>[] {
    return [...this.#retried, ...this.#fresh]
  }

  /** Adds a letter at the end; a retried one at the end of the retried letters. */
  add(letter: Letter<Msg, Reply>): void {
    this.#queueOf(letter).push(letter)
    if (letter.priority !== undefined) this.#prioritized++
  }

  /** Removes a letter. Returns false if it is not in the queue. */
  remove(letter: Letter<Msg, Reply>): boolean {
    const queue = this.#queueOf(letter)
    const index = queue[0] === letter ? 0 : queue.indexOf(letter)
    if (index < 0) return false
    if (index === 0) queue.shift()
    else queue.splice(index, 1)
    if (letter.priority !== undefined) this.#prioritized--
    return true
  }

  /**
   * Removes and returns the next letter, or undefined if there is none. The letter counts as in service until `end` is
   * called. Letters whose priority throws or is not a number are removed; their requesters receive the error.
   * @throws ProtocolError if `pick` returns an invalid index; the error that `pick` throws
   */
  take(): Letter<Msg, Reply> | undefined {
    let letter: Letter<Msg, Reply> | undefined
    do letter = this.#selectNext()
    while (letter !== undefined && !this.remove(letter)) // its requester unsubscribed while priorities were read
    if (letter !== undefined) this.#shares?.begin(letter.group)
    return letter
  }

  /** Records that a letter that `take` returned is no longer in service. */
  end({ group }: Letter<Msg, Reply>): void {
    this.#shares?.end(group)
  }

  #queueOf({ attempt }: Letter<Msg, Reply>): Letter<Msg, Reply>[] {
    return attempt > 1 ? this.#retried : this.#fresh
  }

  #selectNext(): Letter<Msg, Reply> | undefined {
    const inOrder = this.#pick === undefined && this.#shares === undefined
    if (this.#prioritized === 0 && (inOrder || this.size < 2)) return this.#retried[0] ?? this.#fresh[0]
    const mostUrgent = this.#prioritized === 0 ? this.letters : this.#mostUrgent()
    const candidates =
      this.#shares && mostUrgent.length > 1 ? this.#shares.selectNext(mostUrgent) : mostUrgent
    if (this.#pick === undefined || candidates.length < 2) return candidates[0]
    const index = this.#pick(candidates.map(({ message }) => message))
    const letter = candidates[index]
    if (letter === undefined)
      throw new ProtocolError(
        this.#name,
        `pick returned ${index}, which is no index of ${candidates.length} letters`,
      )
    return letter
  }

  #mostUrgent(): Letter<Msg, Reply>[] {
    let letters: Letter<Msg, Reply>[] = []
    let highest = -Infinity
    for (const letter of this.letters) {
      const priority = this.#priorityOf(letter)
      if (priority === undefined || priority < highest) continue
      if (priority > highest) letters = []
      highest = priority
      letters.push(letter)
    }
    return letters
  }

  #priorityOf(letter: Letter<Msg, Reply>): number | undefined {
    const { priority = 0, requester } = letter
    try {
      const value = typeof priority === 'function' ? priority() : priority
      if (typeof value === 'number' && !Number.isNaN(value)) return value
      throw new ProtocolError(this.#name, `a priority must be a number, not ${String(value)}`)
    } catch (error) {
      this.remove(letter)
      requester.error(error)
      return undefined
    }
  }
}
