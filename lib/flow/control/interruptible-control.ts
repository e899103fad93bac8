/** Provides `InterruptibleControl`: the control of work that can be interrupted, besides the pauses of its own control. */
import { type Observable, Subject, merge } from 'rxjs'
import type { Control } from './control.js'

/** A control that is paused while its parent is, and for the moment of an interruption. */
export class InterruptibleControl implements Control {
  readonly #parent: Control | undefined
  readonly #interruptions = new Subject<void>()
  #isInterrupted = false

  /** @param parent undefined if the work is never paused and has priority 0 */
  constructor(parent: Control | undefined) {
    this.#parent = parent
  }

  get paused(): boolean {
    return this.#isInterrupted || (this.#parent?.paused ?? false)
  }

  get priority(): number {
    return this.#parent?.priority ?? 0
  }

  get changes(): Observable<void> {
    return this.#parent ? merge(this.#parent.changes, this.#interruptions) : this.#interruptions
  }

  /** Ends the work, which begins again at once unless its parent is paused. */
  interrupt(): void {
    this.#isInterrupted = true
    this.#interruptions.next()
    this.#isInterrupted = false
    this.#interruptions.next()
  }
}
