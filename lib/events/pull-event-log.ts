/** Provides `PullEventLog`, which numbers, dates, throttles and delivers the events of one pull. */
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
import { nextEvent, initialEvent } from './layer-order.js'
import { newPullId } from './pull-id.js'
import { Replay } from './replay.js'

/** Minimum interval between two byte counts of one layer, in milliseconds. */
export const byteEventInterval = 100

/** Code of the warning that a listener threw. */
export const listenerFailed = 'listener-failed'

/** The statuses in which the byte count of a layer grows. */
const counting: ReadonlySet<LayerStatus> = new Set(['downloading', 'copying', 'extracting'])

/** The throttled events of one layer. */
interface LayerThrottle {
  /** Last event, reported or not. */
  last: LayerEvent
  /** Time of the last reported event, in milliseconds since 1970. */
  reportedAt: number
  /** Latest byte count, not reported yet because `byteEventInterval` has not passed since the last reported event. */
  unreported?: LayerEvent
}

/**
 * The events of one pull. A late subscriber first receives the past events that lead to the current state, then the new
 * ones.
 */
export class PullEventLog {
  /** Emits the events and completes after `end`. Never fails: the outcome of the pull is in the `end` event. */
  readonly events: Observable<PullEvent>

  readonly #now: () => Date
  readonly #listeners = new Set<Subscriber<PullEvent>>()
  readonly #replay = new Replay()
  readonly #throttles = new Map<string, LayerThrottle>()
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
   * a layer at most every `byteEventInterval` ms, and an unreported count before the next event of the layer with
   * another status. Never throws.
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
      for (const throttle of this.#throttles.values()) this.#reportUnreported(throttle)
      this.#ended = true
    }
    if (body.type === 'plan')
      for (const layer of body.layers)
        if (!this.#throttles.has(layer.digest))
          this.#throttles.set(layer.digest, { last: initialEvent(layer), reportedAt: -Infinity })
    this.#report(body)
  }

  #acceptLayer(body: LayerEvent): void {
    const throttle = this.#throttles.get(body.digest) ?? {
      last: { ...body, status: 'waiting' },
      reportedAt: -Infinity,
    }
    const next = nextEvent(throttle.last, body)
    if (!next) return
    this.#throttles.set(body.digest, throttle)
    const at = this.#now().getTime()
    const isCount = counting.has(next.status)
    const sameAsReported = next.status === throttle.last.status && next.host === throttle.last.host
    throttle.last = next
    if (isCount && sameAsReported && Math.abs(at - throttle.reportedAt) < byteEventInterval) {
      throttle.unreported = next
      return
    }
    if (sameAsReported) delete throttle.unreported
    this.#reportUnreported(throttle)
    throttle.reportedAt = at
    this.#report(next)
  }

  #reportUnreported(throttle: LayerThrottle): void {
    const { unreported } = throttle
    delete throttle.unreported
    if (unreported) this.#report(unreported)
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
   * Emits a warning about the first failure only: a listener that throws on every event, also on the warning, would
   * cause endless warnings.
   */
  #listenerFailed(error: unknown): void {
    if (this.#failureReported) return
    this.#failureReported = true
    const message = `A listener of the pull's events threw: ${error instanceof Error ? error.message : String(error)}`
    this.emit({ type: 'warning', code: listenerFailed, message })
  }
}
