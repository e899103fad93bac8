/** The present state of a layer that is on its way, as the events that say it: for who joins late. */
import type { Observable, Subscription } from 'rxjs'
import type { FlowEvent, Scope } from '../../flow/index.js'

/** More warnings than a layer has kinds of trouble. */
const maxWarnings = 50

export class LayerReplay {
  readonly #listening: Subscription
  readonly #warnings: FlowEvent[] = []
  #layer: FlowEvent | undefined

  constructor(events: Observable<FlowEvent>) {
    this.#listening = events.subscribe((event) => {
      if (event.type === 'warning' && this.#warnings.length < maxWarnings) this.#warnings.push(event)
      // Not every event repeats who serves the layer.
      if (event.type === 'layer') this.#layer = { ...hostOf(this.#layer), ...event }
    })
  }

  report(scope: Scope): void {
    for (const event of this.#warnings) scope.emit(event)
    if (this.#layer) scope.emit(this.#layer)
  }

  end(): void {
    this.#listening.unsubscribe()
  }
}

const hostOf = (event: FlowEvent | undefined): { readonly host?: unknown } =>
  event?.['host'] === undefined ? {} : { host: event['host'] }
