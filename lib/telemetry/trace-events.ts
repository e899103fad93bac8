/** Provides `traceEvents`, which makes spans of the events of one pull. */
import { type Context, type Tracer, context as contexts, trace } from '@opentelemetry/api'
import type { Observable, Subscription } from 'rxjs'
import type { PullEvent } from '../events/index.js'
import { PullSpan } from './pull-span.js'

/** Name of the instrumentation scope. */
export const scopeName = 'windlass'

/** Options of `traceEvents`. */
export interface TraceOptions {
  /** Starts the spans. Default: a tracer `windlass` of the global provider. */
  readonly tracer?: Tracer
  /** Context whose span is the parent of the pull's. Default: the active one. */
  readonly context?: Context
}

/**
 * Makes spans of the events of one pull or copy: `pull` with `resolve`, `layer` and `commit`, and below a layer its stages and requests.
 * Requests are only traced if the puller was opened with `requestEvents`. Spans have the times of the events, so that recorded
 * events give the same spans. When the stream ends, or the subscription, all spans have ended.
 *
 * @example
 * const pull = windlass.pull('alpine:3.20')
 * traceEvents(pull.events)
 */
export function traceEvents(events: Observable<PullEvent>, options: TraceOptions = {}): Subscription {
  const { tracer = trace.getTracer(scopeName), context = contexts.active() } = options
  const span = new PullSpan(tracer, context)
  const subscription = events.subscribe({
    next: (event) => span.add(event),
    error: () => span.close(),
    complete: () => span.close(),
  })
  subscription.add(() => span.close())
  return subscription
}
