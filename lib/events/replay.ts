/** The fewest events that rebuild the present state of a pull: what who comes late hears first. */
import type { PullEvent } from './event.js'

export class Replay {
  readonly #kept = new Map<string, PullEvent>()

  /** Keeps `event`, and forgets what it makes needless: an older event of the same layer, or of the same single kind. */
  add(event: PullEvent): void {
    const key = keyOf(event)
    this.#kept.delete(key)
    this.#kept.set(key, event)
  }

  /** In the order in which they were told, with the numbers they had. */
  events(): PullEvent[] {
    return [...this.#kept.values()]
  }
}

function keyOf(event: PullEvent): string {
  switch (event.type) {
    case 'layer':
      return `layer ${event.digest}`
    // An index leads to another manifest, and each is part of the state. Both are few in one pull.
    case 'manifest':
    case 'warning':
      return `${event.type} ${event.seq}`
    default:
      return event.type
  }
}
