/**
 * A behaviour with a line of letters, a number of slots and a supervisor. A private one bounds a stage of one run; one
 * that many runs share is the limit over all of them.
 */
import { Observable, timer } from 'rxjs'
import { isAbort } from '../lifetime/aborted.js'
import { Attempt, type Letter, type Outcome } from './attempt.js'
import { limit } from '../flows/limit.js'
import { ProtocolError } from '../flows/protocol-error.js'
import { Scope } from '../lifetime/scope.js'
import type { Supervisor, Verdict } from './supervision.js'
import { trampoline } from '../lifetime/trampoline.js'
import type { Behavior } from './turn.js'

export interface ActorOptions<Msg> {
  readonly name: string
  /** How many letters are served at once (1). */
  readonly slots?: number
  /** How many letters `tell` may leave waiting (no limit). Askers always get a place in line: they wait for it themselves. */
  readonly capacity?: number
  /** What to do about a failed attempt (`fail`). */
  readonly supervise?: Supervisor<Msg>
  /** Index of who goes next, out of at least two (0: first come). */
  readonly pick?: (waiting: readonly Msg[]) => number
}

const longestTimer = 2 ** 31 - 1 // beyond it Node fires at once

export class Actor<Msg, Reply> {
  readonly #start: () => Behavior<Msg, Reply>
  readonly #options: ActorOptions<Msg>
  readonly #slots: number
  readonly #line: Letter<Msg, Reply>[] = []
  readonly #served = new Set<Letter<Msg, Reply>>() // those between attempts too
  #behavior: Behavior<Msg, Reply>
  #active = 0
  #stopped: { readonly reason: unknown } | undefined

  /**
   * @param start makes the behaviour, with whatever state it keeps; called again on `restart`
   * @param scope waits for the turns, and hears of those asked for without a scope of their own
   * @throws ProtocolError unless slots is a whole number from 1 and capacity one from 0
   */
  constructor(
    start: () => Behavior<Msg, Reply>,
    options: ActorOptions<Msg>,
    readonly scope = new Scope(),
  ) {
    const { name, slots = 1, capacity = 0 } = options
    this.#slots = limit(name, 'slots', slots, 1)
    limit(name, 'capacity', capacity, 0)
    this.#start = start
    this.#options = options
    this.#behavior = start()
  }

  get name(): string {
    return this.#options.name
  }

  /** Letters being served, and letters waiting. One that waits to be tried again is neither. */
  get load(): { readonly active: number; readonly waiting: number } {
    return { active: this.#active, waiting: this.#line.length }
  }

  /**
   * The reply to `message`, sent when subscribed. The asker waits in line, and leaves it, or aborts the work, by
   * unsubscribing. Events and what is held go to `scope`, where one is given. Bound to the actor: `through(actor.ask)`.
   */
  readonly ask = (message: Msg, scope: Scope = this.scope): Observable<Reply> =>
    new Observable((asker) => {
      if (this.#stopped !== undefined) {
        asker.error(this.#stopped.reason)
        return undefined
      }
      const letter = { message, asker, scope, attempt: 1 }
      this.#line.push(letter)
      this.#drain()
      return () => {
        if (!this.#served.delete(letter)) this.#withdraw(letter)
      }
    })

  /** Sends without waiting for a reply; its error becomes a `dead-letter` event. False: full or stopped, nothing sent. */
  tell(message: Msg, scope: Scope = this.scope): boolean {
    const { capacity = Infinity } = this.#options
    if (this.#stopped !== undefined) return false
    if (this.#active >= this.#slots && this.#line.length >= capacity) return false
    this.ask(message, scope).subscribe({
      error: (error: unknown) => scope.emit({ type: 'dead-letter', from: this.name, error }),
    })
    return true
  }

  /** Ends the actor: everybody who asked, and everybody who will, gets `reason` (an AbortError) as error. */
  stop(reason: unknown = new DOMException(`${this.name} was stopped`, 'AbortError')): void {
    this.#stopped ??= { reason }
    for (const { asker } of [...this.#served, ...this.#line]) asker.error(reason)
  }

  readonly #drain = trampoline(() => {
    while (this.#stopped === undefined && this.#active < this.#slots && this.#line.length > 0) {
      const letter = this.#next()
      if (letter === undefined) return
      this.#active++
      this.#served.add(letter)
      new Attempt(letter, this.#behavior, this, (outcome) => {
        this.#active--
        this.#decide(letter, outcome)
        this.#drain()
      })
    }
  })

  #next(): Letter<Msg, Reply> | undefined {
    const { pick } = this.#options
    if (pick === undefined || this.#line.length === 1) return this.#line.shift()
    try {
      const at = pick(this.#line.map(({ message }) => message))
      const [letter] = Number.isInteger(at) && at >= 0 ? this.#line.splice(at, 1) : []
      if (letter === undefined)
        throw new ProtocolError(this.name, `pick gave ${at}, of ${this.#line.length} letters`)
      return letter
    } catch (error) {
      this.stop(error)
      return undefined
    }
  }

  #withdraw(letter: Letter<Msg, Reply>): void {
    const at = this.#line.indexOf(letter)
    if (at >= 0) this.#line.splice(at, 1)
  }

  #decide(letter: Letter<Msg, Reply>, outcome: Outcome): void {
    if (typeof outcome === 'string') return
    const { error } = outcome
    const { asker, attempt, scope } = letter
    if (asker.closed) {
      if (!isAbort(error)) scope.emit({ type: 'dead-letter', from: this.name, error })
      return
    }
    const verdict = this.#verdict(letter, error)
    scope.emit({ type: 'failure', actor: this.name, attempt, error, verdict })
    if (typeof verdict === 'object') {
      asker.add(timer(Math.min(verdict.retry, longestTimer)).subscribe(() => this.#again(letter)))
      return
    }
    if (verdict === 'restart') this.#restart()
    if (verdict === 'skip') asker.complete()
    else asker.error(error)
    if (verdict === 'stop') this.stop(error)
  }

  #verdict({ message, attempt, scope }: Letter<Msg, Reply>, error: unknown): Verdict {
    try {
      return this.#options.supervise?.({ actor: this.name, message, error, attempt }) ?? 'fail'
    } catch (problem) {
      scope.emit({ type: 'supervisor-failed', actor: this.name, error: problem })
      return 'fail'
    }
  }

  #again(letter: Letter<Msg, Reply>): void {
    letter.attempt++
    this.#served.delete(letter)
    this.#line.unshift(letter)
    this.#drain()
  }

  #restart(): void {
    try {
      this.#behavior = this.#start()
    } catch (error) {
      this.stop(error)
    }
  }
}
