/** Runs one attempt at one letter: the `Turn` that a behaviour sees, and the bookkeeping behind it. */
import type { Subscriber } from 'rxjs'
import { attached } from './attached.js'
import type { FlowEvent } from '../lifetime/side-channel.js'
import type { Scope } from '../lifetime/scope.js'
import type { Behavior, Turn } from './turn.js'
import { unwind } from '../lifetime/unwind.js'

/** A message on its way, with who waits for the reply. */
export interface Letter<Msg, Reply> {
  readonly message: Msg
  readonly asker: Subscriber<Reply>
  /** The asker's scope, or the actor's. */
  readonly scope: Scope
  attempt: number
}

/** How an attempt ended: `left` when the asker went away before the end. */
export type Outcome = 'complete' | 'left' | { readonly error: unknown }

/** Who serves: the name for messages, and the scope that waits for the attempt beside the asker's. */
export interface Server {
  readonly name: string
  readonly scope: Scope
}

/**
 * An attempt is over when the reply has ended, what was let go of has settled, and every cleanup has run. Only then
 * `over` is called, which frees the slot.
 */
export class Attempt<Msg, Reply> implements Turn {
  readonly attempt: number
  readonly scope: Scope
  #abort: AbortController | undefined // made when asked for: it costs as much as the rest of the attempt
  /** Its signal is aborted, or will be when it is asked for. */
  #stopped = false
  #outcome: Outcome = 'left'
  #finished = false
  #unsettled: Promise<unknown>[] | undefined
  #cleanups: (() => unknown)[] | undefined
  readonly #letter: Letter<Msg, Reply>
  readonly #server: Server
  readonly #over: (outcome: Outcome) => void

  constructor(
    letter: Letter<Msg, Reply>,
    behavior: Behavior<Msg, Reply>,
    server: Server,
    over: (outcome: Outcome) => void,
  ) {
    this.attempt = letter.attempt
    this.scope = letter.scope
    this.#letter = letter
    this.#server = server
    this.#over = over
    this.scope.enter(this)
    const reply = attached(
      () => behavior(letter.message, this),
      (work) => (this.#unsettled ??= []).push(work),
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

  /** The name of who serves. */
  get name(): string {
    return this.#server.name
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController()
      if (this.#stopped) this.#abort.abort()
    }
    return this.#abort.signal
  }

  emit(event: FlowEvent): void {
    this.scope.emit(event)
  }

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
    for (const each of work) this.scope.hold(each, name) // where its error is heard, now that the asker is gone
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
    this.#over(this.#outcome)
  }
}
