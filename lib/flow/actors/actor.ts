/** Provides `Actor`: a behaviour with a queue of letters, a number of slots and a supervisor. */
import { Observable, timer } from 'rxjs'
import { isAbort } from '../lifetime/aborted.js'
import { Attempt, type Outcome } from './attempt.js'
import type { Letter, Priority } from './letter.js'
import { LetterQueue, type Pick } from './letter-queue.js'
import { limit } from '../flows/limit.js'
import { Scope } from '../lifetime/scope.js'
import type { Supervisor, Verdict } from './supervision.js'
import { trampoline } from '../lifetime/trampoline.js'
import type { Behavior } from './turn.js'

/** Options of an `Actor`. */
export interface ActorOptions<Msg> {
  /** Name used in events and error messages. */
  readonly name: string
  /** Number of letters served concurrently. Default: 1. See `Actor.resize`. */
  readonly slots?: number
  /**
   * Maximum number of letters that `tell` leaves waiting. Default: no limit. Letters of `ask` are always queued,
   * because their senders wait for the reply.
   */
  readonly capacity?: number
  /** Decides about failed attempts. Default: `fail`. */
  readonly supervise?: Supervisor<Msg>
  /**
   * Returns the index of the next letter to serve among the waiting letters of the highest priority. Called with at
   * least two messages. An actor whose `pick` throws or returns no index stops. Default: 0, first in, first out.
   */
  readonly pick?: Pick<Msg>
  /**
   * Returns the group of a message. Groups share the slots: a free slot goes to the group with the fewest letters in
   * service, so that one that asks for much does not delay the others. Messages without a group form one. Called when the
   * message is asked. Default: all letters are equal.
   */
  readonly group?: (message: Msg) => object | undefined
}

/** Options of `Actor.ask`. */
export interface AskOptions {
  /** Default: 0. */
  readonly priority?: Priority | undefined
}

const maxDelay = 2 ** 31 - 1 // Node fires a timer with a longer delay at once

/**
 * Serves messages with a behaviour, a limited number at a time. An actor that belongs to one stage limits that stage in
 * one run. An actor that several runs share limits all of them together. The limit can be changed (`resize`) and
 * suspended (`pause`) at any time.
 *
 * When a slot is free, the waiting letter of the highest priority is served: see `LetterQueue` for the whole rule.
 */
export class Actor<Msg, Reply> {
  readonly #start: () => Behavior<Msg, Reply>
  readonly #options: ActorOptions<Msg>
  readonly #queue: LetterQueue<Msg, Reply>
  readonly #served = new Set<Letter<Msg, Reply>>() // includes letters that wait for a retry
  #behavior: Behavior<Msg, Reply>
  #slots: number
  #active = 0
  #paused = false
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
    const { name, slots = 1, capacity = 0, pick, group } = options
    this.#slots = limit(name, 'slots', slots, 1)
    limit(name, 'capacity', capacity, 0)
    this.#queue = new LetterQueue(name, pick, group !== undefined)
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
    return { active: this.#active, waiting: this.#queue.size }
  }

  /** Maximum number of letters served concurrently. After `resize` with a smaller number, more may still be active. */
  get slots(): number {
    return this.#slots
  }

  /** Number of letters that would be served at once if they were asked now. 0 while paused and after `stop`. */
  get freeSlots(): number {
    return this.#paused || this.#stopped !== undefined ? 0 : Math.max(0, this.#slots - this.#active)
  }

  /** Whether the actor is paused. */
  get paused(): boolean {
    return this.#paused
  }

  /**
   * Returns an observable of the replies to `message`. Subscribing queues the message. Unsubscribing removes it from
   * the queue, or aborts its turn. Events and unfinished work of the turn go to `scope`. The method is bound to the
   * actor and can be passed on: `through(actor.ask)`.
   *
   * Letters of a higher `priority` are served first; equal ones in the order of their requests, except that a letter
   * that is retried goes before those that have not been served. The reply fails with the error of a priority that
   * throws, and with a ProtocolError if it is not a number.
   */
  readonly ask = (message: Msg, scope: Scope = this.scope, options?: AskOptions): Observable<Reply> =>
    new Observable((asker) => {
      if (this.#stopped !== undefined) {
        asker.error(this.#stopped.reason)
        return undefined
      }
      const letter: Letter<Msg, Reply> = {
        ...{ message, asker, scope, attempt: 1 },
        priority: options?.priority,
        group: this.#options.group?.(message),
      }
      this.#queue.add(letter)
      this.#drain()
      return () => {
        if (!this.#served.delete(letter)) this.#queue.remove(letter)
      }
    })

  /**
   * Queues `message` without waiting for a reply. An error becomes a `dead-letter` event. Returns false, and queues
   * nothing, if the queue is full or the actor has stopped.
   */
  tell(message: Msg, scope: Scope = this.scope): boolean {
    const { capacity = Infinity } = this.#options
    if (this.#stopped !== undefined) return false
    if (this.freeSlots === 0 && this.#queue.size >= capacity) return false
    this.ask(message, scope).subscribe({
      error: (error: unknown) => scope.emit({ type: 'dead-letter', from: this.name, error }),
    })
    return true
  }

  /**
   * Changes the number of slots. Waiting letters take additional slots at once. With fewer slots, the letters in service
   * go on, and no other starts until fewer than `slots` are active.
   * @throws ProtocolError unless `slots` is a whole number from 1
   */
  resize(slots: number): void {
    this.#slots = limit(this.name, 'slots', slots, 1)
    this.#drain()
  }

  /**
   * Starts no further attempt, neither a first one nor a retry, until `resume` is called. Attempts that run go on, and
   * nothing holds their slots when they have ended. Delays before retries elapse as usual. Requests can be made,
   * withdrawn and stopped. No effect if the actor is paused.
   */
  pause(): void {
    this.#paused = true
  }

  /** Ends a pause: waiting letters take the free slots at once. No effect if the actor is not paused. */
  resume(): void {
    this.#paused = false
    this.#drain()
  }

  /** Stops the actor. All current and all later requests fail with `reason`. Default: an `AbortError`. */
  stop(reason: unknown = new DOMException(`${this.name} was stopped`, 'AbortError')): void {
    this.#stopped ??= { reason }
    for (const { asker } of [...this.#served, ...this.#queue.letters]) asker.error(reason)
  }

  readonly #drain = trampoline(() => {
    while (this.freeSlots > 0) {
      const letter = this.#next()
      if (letter === undefined) return
      this.#active++
      this.#served.add(letter)
      new Attempt(letter, this.#behavior, this, (outcome) => {
        this.#active--
        this.#queue.end(letter)
        this.#decide(letter, outcome)
        this.#drain()
      })
    }
  })

  #next(): Letter<Msg, Reply> | undefined {
    try {
      return this.#queue.take()
    } catch (error) {
      this.stop(error)
      return undefined
    }
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
    this.#queue.add(letter)
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
