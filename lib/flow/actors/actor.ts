/**
 * Provides `Actor`, which serves messages with a behaviour. A queued message is called a letter. Each letter that is
 * being served takes a slot; a supervisor decides about failures.
 */
import { Observable, timer } from 'rxjs'
import { isAbort } from '../lifetime/aborted.js'
import { Attempt, type Outcome } from './attempt.js'
import type { Letter, Priority } from './letter.js'
import { LetterQueue, type PickNext } from './letter-queue.js'
import { maxTimer } from '../lifetime/timer.js'
import { Scope } from '../lifetime/scope.js'
import type { Supervisor, Verdict } from './supervision.js'
import { trampoline } from '../lifetime/trampoline.js'
import type { Behavior } from './turn.js'
import { validateCount } from '../flows/validate-count.js'

/** Options of an `Actor`. */
export interface ActorOptions<Msg> {
  /** Name used in events and error messages. */
  readonly name: string
  /** Maximum number of letters served concurrently. Default: 1. See `Actor.resize`. */
  readonly slots?: number
  /**
   * Maximum length of the queue up to which `tell` adds letters. Default: no limit. `ask` always adds its letter,
   * because the requester waits for the reply.
   */
  readonly capacity?: number
  /** Decides what happens after a failed attempt. Default: the verdict `fail`. */
  readonly supervise?: Supervisor<Msg>
  /**
   * Returns the index of the message to serve next. Called with at least two messages: those of the waiting letters
   * with the highest priority. If it throws or returns an invalid index, the actor stops. Default: first in, first out.
   */
  readonly pick?: PickNext<Msg>
  /**
   * Returns the group of a message. A free slot goes to the group with the fewest letters in service, so that a group
   * with many letters does not delay the others. All messages without a group form one group. Called once per message,
   * by `ask`. Default: no groups.
   */
  readonly group?: (message: Msg) => object | undefined
}

/** Options of `Actor.ask`. */
export interface AskOptions {
  /** Default: 0. */
  readonly priority?: Priority | undefined
}

/**
 * Serves messages with a behaviour, at most `slots` at a time. An actor may serve one stage in one run, or be shared by
 * several runs, whose letters then share its slots. The number of slots can be changed (`resize`), and serving can be
 * paused (`pause`), at any time.
 *
 * `LetterQueue` describes which letter takes a free slot.
 */
export class Actor<Msg, Reply> {
  readonly #createBehavior: () => Behavior<Msg, Reply>
  readonly #options: ActorOptions<Msg>
  readonly #queue: LetterQueue<Msg, Reply>
  readonly #served = new Set<Letter<Msg, Reply>>() // letters in service, and letters that wait for the delay of a retry
  #behavior: Behavior<Msg, Reply>
  #slots: number
  #active = 0
  #paused = false
  #stopped: { readonly reason: unknown } | undefined

  /**
   * @param createBehavior called again on the verdict `restart`
   * @param scope closes after all turns of the actor have ended (a turn is one attempt at one letter); receives the
   *   events of turns that were requested without a scope
   * @throws ProtocolError unless `slots` is a whole number from 1 and `capacity` a whole number from 0
   */
  constructor(
    createBehavior: () => Behavior<Msg, Reply>,
    options: ActorOptions<Msg>,
    readonly scope = new Scope(),
  ) {
    const { name, slots = 1, capacity = 0, pick, group } = options
    this.#slots = validateCount(name, 'slots', slots, 1)
    validateCount(name, 'capacity', capacity, 0)
    this.#queue = new LetterQueue(name, pick, group !== undefined)
    this.#createBehavior = createBehavior
    this.#options = options
    this.#behavior = createBehavior()
  }

  /** Name used in events and error messages. */
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

  /** Number of free slots. 0 while paused and after `stop`. */
  get freeSlots(): number {
    return this.#paused || this.#stopped !== undefined ? 0 : Math.max(0, this.#slots - this.#active)
  }

  /** Whether the actor is paused. */
  get paused(): boolean {
    return this.#paused
  }

  /**
   * Returns an observable of the replies to `message`. Subscribing queues the message. Unsubscribing removes it from
   * the queue, or aborts its turn. `scope` receives the events of the turn and waits for its unfinished work. The
   * method is bound to the actor and can be passed as a function: `through(actor.ask)`.
   *
   * If the priority function throws, the observable fails with its error; if the priority is not a number, with a
   * ProtocolError.
   */
  readonly ask = (message: Msg, scope: Scope = this.scope, options?: AskOptions): Observable<Reply> =>
    new Observable((requester) => {
      if (this.#stopped !== undefined) {
        requester.error(this.#stopped.reason ?? this.#defaultReason())
        return undefined
      }
      const letter: Letter<Msg, Reply> = {
        ...{ message, requester, scope, attempt: 1 },
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
   * Queues `message` and ignores its replies. An error becomes a `dead-letter` event. Returns false, and does not queue
   * the message, if the queue has reached its capacity or the actor has stopped.
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
   * Changes the number of slots. Waiting letters take additional slots at once. With fewer slots, letters in service
   * are not interrupted; the next letter starts when fewer than `slots` are in service.
   * @throws ProtocolError unless `slots` is a whole number from 1
   */
  resize(slots: number): void {
    this.#slots = validateCount(this.name, 'slots', slots, 1)
    this.#drain()
  }

  /**
   * Starts no attempt until `resume` is called. Running attempts continue and free their slots when they end. Delays
   * before retries elapse as usual. `ask`, `tell`, unsubscribing and `stop` work as usual. No effect if the actor is
   * paused.
   */
  pause(): void {
    this.#paused = true
  }

  /** Ends a pause: waiting letters take the free slots. No effect if the actor is not paused. */
  resume(): void {
    this.#paused = false
    this.#drain()
  }

  /** Stops the actor. All present and future requests fail with `reason`. Default: an `AbortError`. */
  stop(reason?: unknown): void {
    this.#stopped ??= { reason }
    const letters = [...this.#served, ...this.#queue.letters]
    // Every stage stops its actor at its end, mostly without letters. The default reason costs a stack trace.
    if (letters.length === 0) return
    const error = reason ?? this.#defaultReason()
    for (const { requester } of letters) requester.error(error)
  }

  #defaultReason(): DOMException {
    return new DOMException(`${this.name} was stopped`, 'AbortError')
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
        this.#handleOutcome(letter, outcome)
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

  #handleOutcome(letter: Letter<Msg, Reply>, outcome: Outcome): void {
    if (typeof outcome === 'string') return
    const { error } = outcome
    const { requester, attempt, scope } = letter
    if (requester.closed) {
      if (!isAbort(error)) scope.emit({ type: 'dead-letter', from: this.name, error })
      return
    }
    const verdict = this.#verdictOn(letter, error)
    scope.emit({ type: 'failure', actor: this.name, attempt, error, verdict })
    if (typeof verdict === 'object') {
      requester.add(timer(Math.min(verdict.retry, maxTimer)).subscribe(() => this.#retry(letter)))
      return
    }
    if (verdict === 'restart') this.#restart()
    if (verdict === 'skip') requester.complete()
    else requester.error(error)
    if (verdict === 'stop') this.stop(error)
  }

  #verdictOn({ message, attempt, scope }: Letter<Msg, Reply>, error: unknown): Verdict {
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
      this.#behavior = this.#createBehavior()
    } catch (error) {
      this.stop(error)
    }
  }
}
