/** Provides `LayerReplay`, which records the current state of a layer download and replays it to late subscribers. */
import type { Observable, Subscription } from 'rxjs'
import type { LayerEvent } from '../../events/index.js'
import { nextEvent } from '../../events/layer-order.js'
import type { FlowEvent, Scope } from '../../flow/index.js'

/** Maximum number of warnings that are kept. */
const maxWarnings = 50

/** Keeps the latest `layer` event and the warnings of one download. */
export class LayerReplay {
  readonly #subscription: Subscription
  readonly #warnings: FlowEvent[] = []
  #layer: (LayerEvent & FlowEvent) | undefined

  constructor(events: Observable<FlowEvent>) {
    this.#subscription = events.subscribe((event) => {
      if (event.type === 'warning' && this.#warnings.length < maxWarnings) this.#warnings.push(event)
      if (event.type === 'layer') this.#layer = mergeEvents(this.#layer, event as LayerEvent & FlowEvent)
    })
  }

  /** Emits the recorded warnings, then the latest `layer` event, to `scope`. */
  replayTo(scope: Scope): void {
    for (const event of this.#warnings) scope.emit(event)
    if (this.#layer) scope.emit(this.#layer)
  }

  /** Stops recording. */
  end(): void {
    this.#subscription.unsubscribe()
  }
}

/** Returns `next` with the host and the unpacked bytes of `before`, which not every event repeats. */
const mergeEvents = (
  before: (LayerEvent & FlowEvent) | undefined,
  next: LayerEvent & FlowEvent,
): LayerEvent & FlowEvent => (before ? { ...(nextEvent(before, next) ?? before) } : next)
