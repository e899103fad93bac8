/** An actor whose attempts last until the test ends them. */
import { Observable, type Subscriber } from 'rxjs'
import { Actor, type ActorOptions, type AskOptions } from '../../lib/flow/index.js'

/** Options of the actor, without its name. */
export type ByHandOptions = Omit<ActorOptions<string>, 'name'>

/** Serves names: each attempt is in `started`, with its number from the second on, until `end` or `fail`. */
export class ServedByHand {
  readonly actor: Actor<string, string>
  /** Attempts in the order of their start: `a`, and `a2` for the second at the same letter. */
  readonly started: string[] = []
  /** What the requesters received: a reply, or `a: the message of its error`. */
  readonly received: string[] = []
  readonly #running = new Map<string, Subscriber<string>>()

  constructor(options: ByHandOptions = {}) {
    this.actor = new Actor(
      () => (message: string, turn) => {
        this.started.push(turn.attempt === 1 ? message : `${message}${turn.attempt}`)
        return new Observable<string>((out) => {
          this.#running.set(message, out)
          return () => this.#running.delete(message)
        })
      },
      { name: 'by hand', ...options },
    )
  }

  /** Asks, and returns a function that leaves. */
  ask(message: string, options?: AskOptions): () => void {
    const asking = this.actor.ask(message, undefined, options).subscribe({
      next: (reply) => this.received.push(reply),
      error: (error: Error) => this.received.push(`${message}: ${error.message}`),
    })
    return () => asking.unsubscribe()
  }

  /** Asks for several, with the same options. */
  askAll(messages: string, options?: AskOptions): void {
    for (const message of messages) this.ask(message, options)
  }

  /** Ends the attempts at these letters. */
  end(messages: string): void {
    for (const message of messages) {
      const out = this.#running.get(message)!
      out.next(message)
      out.complete()
    }
  }

  /** Fails the attempt at this letter. */
  fail(message: string): void {
    this.#running.get(message)!.error(new Error('no'))
  }
}
