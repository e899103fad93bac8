/**
 * Provides `Attempt`, which runs a behaviour once for one letter (a queued message). It is the `Turn` that the
 * behaviour receives.
 */
import { readResult } from './read-result.js'
import type { FlowEvent } from '../lifetime/side-channel.js'
import type { Letter } from './letter.js'
import type { Scope } from '../lifetime/scope.js'
import type { Behavior, Turn } from './turn.js'
import { unwind } from '../lifetime/unwind.js'

/** How an attempt ended. `unsubscribed`: the requester unsubscribed before the end. */
export type Outcome = 'complete' | 'unsubscribed' | { readonly error: unknown }

/** The actor that serves the letter. Its scope waits for the attempt, as the scope of the request does. */
export interface ServingActor {
  readonly name: string
  readonly scope: Scope
}

/**
 * One attempt at one letter. It ends when the reply has ended, work that continued after the reply has settled, and all
 * cleanups have run. Then it calls `onFinished`, which frees the slot.
 */
export class Attempt<Msg, Reply> implements Turn {
  /** See `Turn.attempt`. */
  readonly attempt: number
  /** See `Turn.scope`. */
  readonly scope: Scope
  #abort: AbortController | undefined // created on first use, because it takes as much time as the rest of the attempt
  /** Whether the signal is aborted. The signal may not have been created yet. */
  #isAborted = false
  #outcome: Outcome = 'unsubscribed'
  #isFinished = false
  #unsettled: Promise<unknown>[] | undefined
  #cleanups: (() => unknown)[] | undefined
  readonly #letter: Letter<Msg, Reply>
  readonly #actor: ServingActor
  readonly #onFinished: (outcome: Outcome) => void

  /** Starts the attempt. */
  constructor(
    letter: Letter<Msg, Reply>,
    behavior: Behavior<Msg, Reply>,
    actor: ServingActor,
    onFinished: (outcome: Outcome) => void,
  ) {
    this.attempt = letter.attempt
    this.scope = letter.scope
    this.#letter = letter
    this.#actor = actor
    this.#onFinished = onFinished
    this.scope.enter(this)
    const reply = readResult(
      () => behavior(letter.message, this),
      (work) => (this.#unsettled ??= []).push(work),
      this.scope,
    ).subscribe({
      next: (value) => letter.requester.next(value),
      error: (error: unknown) => {
        this.#outcome = { error }
      },
      complete: () => {
        this.#outcome = 'complete'
      },
    })
    letter.requester.add(reply)
    reply.add(() => this.#end())
  }

  /** Name of the actor. */
  get name(): string {
    return this.#actor.name
  }

  /** See `Turn.signal`. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController()
      if (this.#isAborted) this.#abort.abort()
    }
    return this.#abort.signal
  }

  /** See `Turn.emit`. */
  emit(event: FlowEvent): void {
    this.scope.emit(event)
  }

  /** See `Turn.defer`. */
  defer(cleanup: () => unknown): void {
    ;(this.#cleanups ??= []).push(cleanup)
    if (this.#isFinished) this.scope.hold(Promise.resolve(this.#runCleanups()), this.#actor.name)
  }

  #end(): void {
    if (this.#outcome !== 'complete') {
      this.#isAborted = true
      this.#abort?.abort()
    }
    const work = this.#unsettled ?? []
    const waiting =
      work.length > 0 ? Promise.allSettled(work).then(() => this.#runCleanups()) : this.#runCleanups()
    if (waiting === undefined) {
      this.#finish()
      return
    }
    const finished = waiting.then(() => this.#finish())
    const { name, scope } = this.#actor
    this.scope.hold(finished, name)
    if (scope !== this.scope) scope.hold(finished, name)
    for (const each of work) this.scope.hold(each, name) // the requester has unsubscribed: the scope reports errors
  }

  #runCleanups(): Promise<void> | undefined {
    if (this.#cleanups === undefined) return undefined
    return unwind(this.#cleanups, (error) =>
      this.emit({ type: 'cleanup-failed', from: this.#actor.name, error }),
    )
  }

  #finish(): void {
    this.#isFinished = true
    this.scope.leave(this)
    if (this.#outcome === 'complete') this.#letter.requester.complete()
    this.#onFinished(this.#outcome)
  }
}
