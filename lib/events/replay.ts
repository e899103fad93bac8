/** Provides `Replay`, which keeps the events from which a late subscriber can compute the current state of a pull. */
import type { PullEvent } from './event.js'

/** A minimal list of events that lead to the current state of a pull. */
export class Replay {
  readonly #kept = new Map<string, PullEvent>()

  /** Adds `event` and removes the earlier event that it replaces: one of the same layer, or of the same type. */
  add(event: PullEvent): void {
    // Requests do not change the state.
    if (event.type === 'request') return
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
    // The state contains all manifests and warnings, so none replaces another. A pull has few of them.
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
