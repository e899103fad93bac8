/** Records the events that describe the current state of a layer download and replays them to late subscribers. */
import type { Observable, Subscription } from 'rxjs'
import type { FlowEvent, Scope } from '../../flow/index.js'

/** Maximum number of warnings that are kept. */
const maxWarnings = 50

/** Keeps the latest `layer` event and the warnings of one download. */
export class LayerReplay {
  readonly #subscription: Subscription
  readonly #warnings: FlowEvent[] = []
  #layer: FlowEvent | undefined

  constructor(events: Observable<FlowEvent>) {
    this.#subscription = events.subscribe((event) => {
      if (event.type === 'warning' && this.#warnings.length < maxWarnings) this.#warnings.push(event)
      // Only some events name the host, so it is carried over.
      if (event.type === 'layer') this.#layer = { ...hostOf(this.#layer), ...event }
    })
  }

  /** Emits the recorded warnings, then the latest `layer` event, to `scope`. */
  report(scope: Scope): void {
    for (const event of this.#warnings) scope.emit(event)
    if (this.#layer) scope.emit(this.#layer)
  }

  /** Stops recording. */
  end(): void {
    this.#subscription.unsubscribe()
  }
}

const hostOf = (event: FlowEvent | undefined): { readonly host?: unknown } =>
  event?.['host'] === undefined ? {} : { host: event['host'] }
