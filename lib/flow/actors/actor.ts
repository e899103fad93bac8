/** Provides `Actor`: a behaviour with a queue of letters, a number of slots and a supervisor. */
import { Observable, timer } from 'rxjs'
import { isAbort } from '../lifetime/aborted.js'
import { Attempt, type Letter, type Outcome } from './attempt.js'
import { limit } from '../flows/limit.js'
import { ProtocolError } from '../flows/protocol-error.js'
import { Scope } from '../lifetime/scope.js'
import type { Supervisor, Verdict } from './supervision.js'
import { trampoline } from '../lifetime/trampoline.js'
import type { Behavior } from './turn.js'

/** Options of an `Actor`. */
export interface ActorOptions<Msg> {
  /** Name used in events and error messages. */
  readonly name: string
  /** Number of letters served concurrently. Default: 1. */
  readonly slots?: number
  /**
   * Maximum number of letters that `tell` leaves waiting. Default: no limit. Letters of `ask` are always queued,
   * because their senders wait for the reply.
   */
  readonly capacity?: number
  /** Decides about failed attempts. Default: `fail`. */
  readonly supervise?: Supervisor<Msg>
  /**
   * Returns the index of the next letter to serve. Called with at least two messages. Default: 0, first in, first out.
   */
  readonly pick?: (waiting: readonly Msg[]) => number
}

const maxDelay = 2 ** 31 - 1 // Node fires a timer with a longer delay at once

/**
 * Serves messages with a behaviour, a limited number at a time. An actor that belongs to one stage limits that stage in
 * one run. An actor that several runs share limits all of them together.
 */

export class Actor<Msg, Reply> {
  readonly #start: () => Behavior<Msg, Reply>
  readonly #options: ActorOptions<Msg>
  readonly #slots: number
  readonly #queue: Letter<Msg, Reply>[] = []
  readonly #served = new Set<Letter<Msg, Reply>>() // includes letters that wait for a retry
  #behavior: Behavior<Msg, Reply>
  #active = 0
  #stopped: { readonly reason: unknown } | undefined

  /**
   * @param start creates the behaviour with its state; called again on the verdict `restart`
   * @param scope waits for all turns; receives the events of turns that were requested without a scope
   * @throws ProtocolError unless `slots` is a whole number from 1 and `capacity` a whole number from 0
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

  /** Name from the options. */
  get name(): string {
    return this.#options.name
  }

  /** Number of letters in service and of letters in the queue. A letter that waits for a retry counts as neither. */
  get load(): { readonly active: number; readonly waiting: number } {
    return { active: this.#active, waiting: this.#queue.length }
  }

  /**
   * Returns an observable of the replies to `message`. Subscribing queues the message. Unsubscribing removes it from
   * the queue, or aborts its turn. Events and unfinished work of the turn go to `scope`. The method is bound to the
   * actor and can be passed on: `through(actor.ask)`.
   */
  readonly ask = (message: Msg, scope: Scope = this.scope): Observable<Reply> =>
    new Observable((asker) => {
      if (this.#stopped !== undefined) {
        asker.error(this.#stopped.reason)
        return undefined
      }
      const letter = { message, asker, scope, attempt: 1 }
      this.#queue.push(letter)
      this.#drain()
      return () => {
        if (!this.#served.delete(letter)) this.#withdraw(letter)
      }
    })

  /**
   * Queues `message` without waiting for a reply. An error becomes a `dead-letter` event. Returns false, and queues
   * nothing, if the queue is full or the actor has stopped.
   */
  tell(message: Msg, scope: Scope = this.scope): boolean {
    const { capacity = Infinity } = this.#options
    if (this.#stopped !== undefined) return false
    if (this.#active >= this.#slots && this.#queue.length >= capacity) return false
    this.ask(message, scope).subscribe({
      error: (error: unknown) => scope.emit({ type: 'dead-letter', from: this.name, error }),
    })
    return true
  }

  /** Stops the actor. All current and all later requests fail with `reason`. Default: an `AbortError`. */
  stop(reason: unknown = new DOMException(`${this.name} was stopped`, 'AbortError')): void {
    this.#stopped ??= { reason }
    for (const { asker } of [...this.#served, ...this.#queue]) asker.error(reason)
  }

  readonly #drain = trampoline(() => {
    while (this.#stopped === undefined && this.#active < this.#slots && this.#queue.length > 0) {
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
    if (pick === undefined || this.#queue.length === 1) return this.#queue.shift()
    try {
      const at = pick(this.#queue.map(({ message }) => message))
      const [letter] = Number.isInteger(at) && at >= 0 ? this.#queue.splice(at, 1) : []
      if (letter === undefined)
        throw new ProtocolError(
          this.name,
          `pick returned ${at}, but ${this.#queue.length} messages are queued`,
        )
      return letter
    } catch (error) {
      this.stop(error)
      return undefined
    }
  }

  #withdraw(letter: Letter<Msg, Reply>): void {
    const at = this.#queue.indexOf(letter)
    if (at >= 0) this.#queue.splice(at, 1)
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
      asker.add(timer(Math.min(verdict.retry, maxDelay)).subscribe(() => this.#retry(letter)))
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

  #retry(letter: Letter<Msg, Reply>): void {
    letter.attempt++
    this.#served.delete(letter)
    this.#queue.unshift(letter)
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
