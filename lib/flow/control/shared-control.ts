/** Provides `SharedControl`, the control of work that several waiters share. */
import { type Observable, Subject } from 'rxjs'
import type { Control } from './control.js'

/**
 * The control of work that several waiters share, each with a control of its own. The work is paused while all waiters
 * are paused. Its priority is the highest priority of the waiters that are not paused.
 */
export class SharedControl implements Control {
  readonly #waiters = new Map<symbol, Control | undefined>()
  readonly #changes = new Subject<void>()

  get paused(): boolean {
    return this.#waiters.size > 0 && [...this.#waiters.values()].every((waiter) => waiter?.paused ?? false)
  }

  get priority(): number {
    const running = [...this.#waiters.values()].filter((waiter) => waiter?.paused !== true)
    return running.length === 0 ? 0 : Math.max(...running.map((waiter) => waiter?.priority ?? 0))
  }

  get changes(): Observable<void> {
    return this.#changes
  }

  /**
   * Adds a waiter. Returns a function that removes it.
   * @param control control of the waiter; undefined if it is never paused and has priority 0
   */
  add(control: Control | undefined): () => void {
    const waiter = Symbol('waiter')
    this.#waiters.set(waiter, control)
    const changes = control?.changes.subscribe(() => this.#changes.next())
    this.#changes.next()
    return () => {
      changes?.unsubscribe()
      this.#waiters.delete(waiter)
      this.#changes.next()
    }
  }
}
