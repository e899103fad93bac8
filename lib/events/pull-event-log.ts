/**
 * Where the events of one pull go through: numbered, dated, paced, and told to everybody who listens. Who comes late
 * hears first what rebuilds the present state, then what happens.
 */
import { Observable, type Subscriber } from 'rxjs'
import { asWindlassError, type WindlassError } from '../errors.js'
import { ListenerGuard } from '../flow/lifetime/listener-guard.js'
import { eventVersion, type LayerEvent, type PullEvent, type PullEventBody } from './event.js'
import { nextEvent, planned } from './layer-order.js'
import { Replay } from './replay.js'

/** Milliseconds between two byte counts of one layer: about ten a second. */
export const byteEventInterval = 100

/** The code of the `warning` event that says that a listener threw. */
export const listenerFailed = 'listener-failed'

interface LayerPace {
  last: LayerEvent
  toldAt: number
  /** The newest count, not told yet because the one before it is too young. */
  held?: LayerEvent
}

export class PullEventLog {
  /** Completes after `end`. Never errors: how the pull ended is in the `end` event. */
  readonly events: Observable<PullEvent>

  readonly #now: () => Date
  readonly #listeners = new Set<Subscriber<PullEvent>>()
  readonly #replay = new Replay()
  readonly #paces = new Map<string, LayerPace>()
  readonly #queue: PullEventBody[] = []
  #draining = false
  #started = false
  #ended = false
  #failureTold = false
  #seq = 0

  constructor(now: () => Date = () => new Date()) {
    this.#now = now
    this.events = new ListenerGuard(
      new Observable<PullEvent>((subscriber) => this.#welcome(subscriber)),
      (error) => this.#listenerFailed(error),
    )
  }

  /**
   * Tells `body` to every listener, now; while another event is being told, right after it. Dropped: a second `start`,
   * a layer event that goes back (`follow`), and everything after `end`. Byte counts are told at most every 100 ms a
   * layer; the last of them before anything else is told of that layer. Never throws.
   */
  emit(body: PullEventBody): void {
    this.#queue.push(body)
    this.#drain()
  }

  /** Tells the end: `done` without an error, `cancelled` where the error says so, else `failed`. */
  end(error?: unknown, duration?: number): void {
    const took = duration !== undefined && { duration }
    if (error === undefined) {
      this.emit({ type: 'end', outcome: 'done', ...took })
      return
    }
    const known: WindlassError = asWindlassError(error)
    const outcome = known.code === 'CANCELLED' ? 'cancelled' : 'failed'
    this.emit({ type: 'end', outcome, error: known.toJSON(), ...took })
  }

  #drain(): void {
    if (this.#draining) return
    this.#draining = true
    for (let body = this.#queue.shift(); body; body = this.#queue.shift()) this.#accept(body)
    this.#draining = false
  }

  #accept(body: PullEventBody): void {
    if (this.#ended || (body.type === 'start' && this.#started)) return
    if (body.type === 'layer') {
      this.#acceptLayer(body)
      return
    }
    if (body.type === 'start') this.#started = true
    if (body.type === 'end') {
      for (const pace of this.#paces.values()) this.#release(pace)
      this.#ended = true
    }
    if (body.type === 'plan')
      for (const layer of body.layers)
        if (!this.#paces.has(layer.digest))
          this.#paces.set(layer.digest, { last: planned(layer), toldAt: -Infinity })
    this.#report(body)
  }

  #acceptLayer(body: LayerEvent): void {
    const pace = this.#paces.get(body.digest) ?? { last: { ...body, status: 'waiting' }, toldAt: -Infinity }
    const next = nextEvent(pace.last, body)
    if (!next) return
    this.#paces.set(body.digest, pace)
    const at = this.#now().getTime()
    const counts = next.status === 'downloading' || next.status === 'extracting'
    const sameAsTold = next.status === pace.last.status && next.host === pace.last.host
    pace.last = next
    if (counts && sameAsTold && Math.abs(at - pace.toldAt) < byteEventInterval) {
      pace.held = next
      return
    }
    if (sameAsTold) delete pace.held
    this.#release(pace)
    pace.toldAt = at
    this.#report(next)
  }

  #release(pace: LayerPace): void {
    const { held } = pace
    delete pace.held
    if (held) this.#report(held)
  }

  #report(body: PullEventBody): void {
    const event: PullEvent = {
      version: eventVersion,
      seq: ++this.#seq,
      time: this.#now().toISOString(),
      ...body,
    }
    this.#replay.add(event)
    for (const listener of [...this.#listeners]) listener.next(event)
    if (event.type === 'end') for (const listener of [...this.#listeners]) listener.complete()
  }

  #welcome(subscriber: Subscriber<PullEvent>): void {
    // What a listener emits while it hears the past is told after the past.
    const outermost = !this.#draining
    this.#draining = true
    for (const event of this.#replay.events()) subscriber.next(event)
    if (this.#ended) subscriber.complete()
    else {
      this.#listeners.add(subscriber)
      subscriber.add(() => this.#listeners.delete(subscriber))
    }
    if (outermost) {
      this.#draining = false
      this.#drain()
    }
  }

  /** Told once a pull: a listener that throws at every event would otherwise be heard forever. */
  #listenerFailed(error: unknown): void {
    if (this.#failureTold) return
    this.#failureTold = true
    const message = `A listener of the pull's events threw: ${error instanceof Error ? error.message : String(error)}`
    this.emit({ type: 'warning', code: listenerFailed, message })
  }
}
