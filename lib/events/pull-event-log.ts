/** Provides `PullEventLog`, which numbers, dates, paces and delivers the events of one pull. */
import { Observable, type Subscriber } from 'rxjs'
import { asWindlassError, type WindlassError } from '../errors.js'
import { ListenerGuard } from '../flow/lifetime/listener-guard.js'
import {
  eventVersion,
  type LayerEvent,
  type LayerStatus,
  type PullEvent,
  type PullEventBody,
} from './event.js'
import { nextEvent, planned } from './layer-order.js'
import { newPullId } from './pull-id.js'
import { Replay } from './replay.js'

/** Minimum interval between two byte counts of one layer, in milliseconds. */
export const byteEventInterval = 100

/** Code of the warning that a listener threw. */
export const listenerFailed = 'listener-failed'

/** The statuses in which the byte count of a layer grows. */
const counting: ReadonlySet<LayerStatus> = new Set(['downloading', 'copying', 'extracting'])

/** Reporting state of one layer. */
interface LayerPace {
  last: LayerEvent
  /** Time of the last reported event, in milliseconds since 1970. */
  reportedAt: number
  /** Latest count, held back because `byteEventInterval` has not passed since the last reported event. */
  held?: LayerEvent
}

/**
 * The events of one pull. A subscriber that joins late first receives the events that rebuild the current state, then
 * the new ones.
 */
export class PullEventLog {
  /** Emits the events and completes after `end`. Never fails: the outcome of the pull is in the `end` event. */
  readonly events: Observable<PullEvent>

  readonly #now: () => Date
  readonly #listeners = new Set<Subscriber<PullEvent>>()
  readonly #replay = new Replay()
  readonly #paces = new Map<string, LayerPace>()
  readonly #queue: PullEventBody[] = []
  #draining = false
  #started = false
  #ended = false
  #failureReported = false
  #seq = 0

  /**
   * @param now clock for the times of the events
   * @param id id of the pull, which every event carries
   */
  constructor(
    now: () => Date = () => new Date(),
    readonly id: string = newPullId(),
  ) {
    this.#now = now
    this.events = new ListenerGuard(
      new Observable<PullEvent>((subscriber) => this.#subscribe(subscriber)),
      (error) => this.#listenerFailed(error),
    )
  }

  /**
   * Delivers `body` to all listeners synchronously, or after the current event if one is being delivered. Drops a
   * second `start`, layer events out of order (see `nextEvent`), and everything after `end`. Reports the byte counts of
   * a layer at most every `byteEventInterval` ms; the latest count is reported before any other event of the layer.
   * Never throws.
   */
  emit(body: PullEventBody): void {
    this.#queue.push(body)
    this.#drain()
  }

  /**
   * Emits the `end` event with the outcome `done` (no error), `cancelled` (an abort or CANCELLED) or `failed`.
   * @param duration duration of the pull, in milliseconds
   */
  end(error?: unknown, duration?: number): void {
    const details = duration !== undefined && { duration }
    if (error === undefined) {
      this.emit({ type: 'end', outcome: 'done', ...details })
      return
    }
    const failure: WindlassError = asWindlassError(error)
    const outcome = failure.code === 'CANCELLED' ? 'cancelled' : 'failed'
    this.emit({ type: 'end', outcome, error: failure.toJSON(), ...details })
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
          this.#paces.set(layer.digest, { last: planned(layer), reportedAt: -Infinity })
    this.#report(body)
  }

  #acceptLayer(body: LayerEvent): void {
    const pace = this.#paces.get(body.digest) ?? {
      last: { ...body, status: 'waiting' },
      reportedAt: -Infinity,
    }
    const next = nextEvent(pace.last, body)
    if (!next) return
    this.#paces.set(body.digest, pace)
    const at = this.#now().getTime()
    const counts = counting.has(next.status)
    const sameAsReported = next.status === pace.last.status && next.host === pace.last.host
    pace.last = next
    if (counts && sameAsReported && Math.abs(at - pace.reportedAt) < byteEventInterval) {
      pace.held = next
      return
    }
    if (sameAsReported) delete pace.held
    this.#release(pace)
    pace.reportedAt = at
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
      pull: this.id,
      seq: ++this.#seq,
      time: this.#now().toISOString(),
      ...body,
    }
    this.#replay.add(event)
    for (const listener of [...this.#listeners]) listener.next(event)
    if (event.type === 'end') for (const listener of [...this.#listeners]) listener.complete()
  }

  #subscribe(subscriber: Subscriber<PullEvent>): void {
    // Events that the listener emits during the replay are delivered after it.
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

  /**
   * Reports the first failure of a listener only: a listener that throws on every event would cause endless warnings.
   */
  #listenerFailed(error: unknown): void {
    if (this.#failureReported) return
    this.#failureReported = true
    const message = `A listener of the pull's events threw: ${error instanceof Error ? error.message : String(error)}`
    this.emit({ type: 'warning', code: listenerFailed, message })
  }
}
