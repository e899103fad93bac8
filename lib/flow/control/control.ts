/** Defines `Control`: whether work may run now and how urgent it is, and provides `WorkControl`, which sets both. */
import { type Observable, Subject } from 'rxjs'

/**
 * Whether some work may run now, and how urgent it is. The work reads it. Implemented by `WorkControl` and
 * `SharedControl`.
 */
export interface Control {
  /** Whether the work is paused. Paused work holds no slot and transfers nothing. */
  readonly paused: boolean
  /** Priority of the requests of the work; higher numbers go first. */
  readonly priority: number
  /** Emits when `paused` may have changed. Read `paused` then. */
  readonly changes: Observable<void>
}

/** The control of one piece of work, such as a pull. */
export class WorkControl implements Control {
  /** Higher numbers go first. A change also applies to requests that wait for a slot. */
  priority = 0
  readonly #changes = new Subject<void>()
  #paused = false

  get paused(): boolean {
    return this.#paused
  }

  get changes(): Observable<void> {
    return this.#changes
  }

  /** Pauses or resumes the work. No effect if it is already in that state. */
  setPaused(paused: boolean): void {
    if (this.#paused === paused) return
    this.#paused = paused
    this.#changes.next()
  }
}
