/** Provides `SharedControl`, the control of work that several others wait for. */
import { type Observable, Subject } from 'rxjs'
import type { Control } from './control.js'

/**
 * The control of work that is shared: it is paused while all who wait for it are, and as urgent as the most urgent of
 * those that are not paused.
 */
export class SharedControl implements Control {
  readonly #members = new Map<symbol, Control | undefined>()
  readonly #changes = new Subject<void>()

  get paused(): boolean {
    return this.#members.size > 0 && [...this.#members.values()].every((member) => member?.paused ?? false)
  }

  get priority(): number {
    const running = [...this.#members.values()].filter((member) => member?.paused !== true)
    return running.length === 0 ? 0 : Math.max(...running.map((member) => member?.priority ?? 0))
  }

  get changes(): Observable<void> {
    return this.#changes
  }

  /**
   * Adds one who waits for the work. Returns a function that removes it.
   * @param control undefined if it is never paused and has priority 0
   */
  add(control: Control | undefined): () => void {
    const member = Symbol('member')
    this.#members.set(member, control)
    const changes = control?.changes.subscribe(() => this.#changes.next())
    this.#changes.next()
    return () => {
      changes?.unsubscribe()
      this.#members.delete(member)
      this.#changes.next()
    }
  }
}
