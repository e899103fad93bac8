/**
 * Provides `Attempt`, which runs a behaviour once for one letter and implements the `Turn` that the behaviour receives.
 */
import { attached } from './attached.js'
import type { FlowEvent } from '../lifetime/side-channel.js'
import type { Letter } from './letter.js'
import type { Scope } from '../lifetime/scope.js'
import type { Behavior, Turn } from './turn.js'
import { unwind } from '../lifetime/unwind.js'

/** How an attempt ended: `left` if the requester unsubscribed before the end. */
export type Outcome = 'complete' | 'left' | { readonly error: unknown }

/** The actor that serves the letter: its name, used in messages, and a scope that waits for the attempt as well. */
export interface Server {
  readonly name: string
  readonly scope: Scope
}

/**
 * One attempt at one letter. It ends when the reply has ended, all work that outlived the reply has settled, and all
 * cleanups have run. Then it calls `onFinished`, which frees the slot.
 */
export class Attempt<Msg, Reply> implements Turn {
  /** See `Turn.attempt`. */
  readonly attempt: number
  /** See `Turn.scope`. */
  readonly scope: Scope
  #abort: AbortController | undefined // created on first use: it costs as much as the rest of the attempt
  /** Whether the signal is aborted, or has to be aborted when it is created. */
  #stopped = false
  #outcome: Outcome = 'left'
  #finished = false
  #unsettled: Promise<unknown>[] | undefined
  #cleanups: (() => unknown)[] | undefined
  readonly #letter: Letter<Msg, Reply>
  readonly #server: Server
  readonly #onFinished: (outcome: Outcome) => void

  /** Starts the attempt. */
  constructor(
    letter: Letter<Msg, Reply>,
    behavior: Behavior<Msg, Reply>,
    server: Server,
    onFinished: (outcome: Outcome) => void,
  ) {
    this.attempt = letter.attempt
    this.scope = letter.scope
    this.#letter = letter
    this.#server = server
    this.#onFinished = onFinished
    this.scope.enter(this)
    const reply = attached(
      () => behavior(letter.message, this),
      (work) => (this.#unsettled ??= []).push(work),
      this.scope,
    ).subscribe({
      next: (value) => letter.asker.next(value),
      error: (error: unknown) => {
        this.#outcome = { error }
      },
      complete: () => {
        this.#outcome = 'complete'
      },
    })
    letter.asker.add(reply)
    reply.add(() => this.#end())
  }

  /** Name of the actor. */
  get name(): string {
    return this.#server.name
  }

  /** See `Turn.signal`. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController()
      if (this.#stopped) this.#abort.abort()
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
    if (this.#finished) this.scope.hold(Promise.resolve(this.#clear()), this.#server.name)
  }

  #end(): void {
    if (this.#outcome !== 'complete') {
      this.#stopped = true
      this.#abort?.abort()
    }
    const work = this.#unsettled ?? []
    const waiting = work.length > 0 ? Promise.allSettled(work).then(() => this.#clear()) : this.#clear()
    if (waiting === undefined) {
      this.#finish()
      return
    }
    const finished = waiting.then(() => this.#finish())
    const { name, scope } = this.#server
    this.scope.hold(finished, name)
    if (scope !== this.scope) scope.hold(finished, name)
    for (const each of work) this.scope.hold(each, name) // reports late errors: the requester has unsubscribed
  }

  #clear(): Promise<void> | undefined {
    if (this.#cleanups === undefined) return undefined
    return unwind(this.#cleanups, (error) =>
      this.emit({ type: 'cleanup-failed', from: this.#server.name, error }),
    )
  }

  #finish(): void {
    this.#finished = true
    this.scope.leave(this)
    if (this.#outcome === 'complete') this.#letter.asker.complete()
    this.#onFinished(this.#outcome)
  }
}
