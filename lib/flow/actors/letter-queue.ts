/** Provides `LetterQueue`: the letters that wait for a slot of an actor, and the rule that decides who goes first. */
import { GroupShares } from './group-shares.js'
import type { Letter } from './letter.js'
import { ProtocolError } from '../flows/protocol-error.js'

/** Selects one of several messages, which are listed in the order of the queue. Returns its index. */
export type Pick<in Msg> = (waiting: readonly Msg[]) => number

/**
 * The letters that wait for a slot. The next one is chosen when a slot is free:
 * 1. Letters of the highest priority go first.
 * 2. With `fair`, letters of the group with the fewest letters in service go first, and of several such groups the one that
 *    was served longest ago.
 * 3. Among these, `pick` selects.
 * 4. Without `pick`, letters that are retried go first, in the order in which they came back. Then first in, first out.
 *
 * Nothing is reserved for low priorities: a letter waits as long as letters of higher priorities keep arriving. A
 * priority that rises with time prevents that.
 */
export class LetterQueue<Msg, Reply> {
  readonly #name: string
  readonly #pick: Pick<Msg> | undefined
  readonly #retried: Letter<Msg, Reply>[] = []
  readonly #fresh: Letter<Msg, Reply>[] = []
  readonly #shares: GroupShares | undefined
  #withPriority = 0 // number of letters that have one; the others have priority 0

  /**
   * @param name name of the actor, used in errors
   * @param fair whether groups of letters share the slots
   */
  constructor(name: string, pick?: Pick<Msg>, fair = false) {
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

  /** Adds a letter: behind the retried ones if it is retried, otherwise at the end. */
  add(letter: Letter<Msg, Reply>): void {
    this.#lineOf(letter).push(letter)
    if (letter.priority !== undefined) this.#withPriority++
  }

  /** Removes a letter. Returns false if it is not in the queue. */
  remove(letter: Letter<Msg, Reply>): boolean {
    const line = this.#lineOf(letter)
    const at = line[0] === letter ? 0 : line.indexOf(letter)
    if (at < 0) return false
    if (at === 0) line.shift()
    else line.splice(at, 1)
    if (letter.priority !== undefined) this.#withPriority--
    return true
  }

  /**
   * Removes and returns the next letter, or undefined if there is none. It is in service until `end` is called. Letters
   * whose priority throws or is not a number are removed; their requesters receive the error.
   * @throws ProtocolError if `pick` returns no index of its list; the error that `pick` throws
   */
  take(): Letter<Msg, Reply> | undefined {
    let letter: Letter<Msg, Reply> | undefined
    do letter = this.#next()
    while (letter !== undefined && !this.remove(letter)) // its requester left while priorities were read
    if (letter !== undefined) this.#shares?.begin(letter.group)
    return letter
  }

  /** Ends the service of a letter that `take` returned. */
  end({ group }: Letter<Msg, Reply>): void {
    this.#shares?.end(group)
  }

  #lineOf({ attempt }: Letter<Msg, Reply>): Letter<Msg, Reply>[] {
    return attempt > 1 ? this.#retried : this.#fresh
  }

  #next(): Letter<Msg, Reply> | undefined {
    const inOrder = this.#pick === undefined && this.#shares === undefined
    if (this.#withPriority === 0 && (inOrder || this.size < 2)) return this.#retried[0] ?? this.#fresh[0]
    const urgent = this.#withPriority === 0 ? this.letters : this.#mostUrgent()
    const candidates = this.#shares && urgent.length > 1 ? this.#shares.first(urgent) : urgent
    if (this.#pick === undefined || candidates.length < 2) return candidates[0]
    const at = this.#pick(candidates.map(({ message }) => message))
    const letter = candidates[at]
    if (letter === undefined)
      throw new ProtocolError(this.#name, `pick gave ${at}, of ${candidates.length} letters`)
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
    const { priority = 0, asker } = letter
    try {
      const value = typeof priority === 'function' ? priority() : priority
      if (typeof value === 'number' && !Number.isNaN(value)) return value
      throw new ProtocolError(this.#name, `a priority must be a number, not ${String(value)}`)
    } catch (error) {
      this.remove(letter)
      asker.error(error)
      return undefined
    }
  }
}
