/** Provides `Replay`, which keeps the events that a late subscriber needs. */
import type { PullEvent } from './event.js'

/** The minimal list of events that rebuilds the current state of a pull. */
export class Replay {
  readonly #kept = new Map<string, PullEvent>()

  /** Adds `event` and removes the earlier event that it replaces: of the same layer, or of a type with one state. */
  add(event: PullEvent): void {
    const key = keyOf(event)
    this.#kept.delete(key)
    this.#kept.set(key, event)
  }

  /** Returns the events in the order in which they were added, with their original sequence numbers. */
  events(): PullEvent[] {
    return [...this.#kept.values()]
  }
}

function keyOf(event: PullEvent): string {
  switch (event.type) {
    case 'layer':
      return `layer ${event.digest}`
    // Both types accumulate in the state: an index leads to a second manifest. A pull has few of them.
    case 'manifest':
    case 'warning':
      return `${event.type} ${event.seq}`
    // Only the last one counts.
    case 'paused':
    case 'resumed':
      return 'paused'
    default:
      return event.type
  }
}
