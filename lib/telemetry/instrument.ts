/** Provides `instrument`, which traces and measures all pulls of a puller. */
import { type Meter, type Tracer, context, metrics, trace } from '@opentelemetry/api'
import type { Observable } from 'rxjs'
import type { PullEvent } from '../events/index.js'
import { PullMetrics } from './pull-metrics.js'
import { PullSpan } from './pull-span.js'
import { scopeName } from './trace-events.js'

/** What is needed of a puller: a `Windlass` has it. */
export interface Instrumented {
  readonly activity: {
    readonly started: Observable<{ readonly events: Observable<PullEvent> }>
    /** Returns the slots in use, and the number of bytes of blobs that were received. */
    load(): {
      readonly downloads: { readonly active: number; readonly waiting: number }
      readonly unpacks: { readonly active: number; readonly waiting: number }
      readonly received: number
    }
  }
  readonly limits: {
    /** Returns the limits on concurrent work. */
    get(): { readonly maxDownloads: number; readonly maxUnpacks: number }
  }
}

/** Options of `instrument`. */
export interface InstrumentOptions {
  /** Starts the spans; null: no spans. Default: a tracer `windlass` of the global provider. */
  readonly tracer?: Tracer | null
  /** Makes the instruments; null: no metrics. Default: a meter `windlass` of the global provider. */
  readonly meter?: Meter | null
}

/** The end of an instrumentation. */
export interface Instrumentation {
  /** Ends the instrumentation. Spans of pulls that still run end with the time of their last event. */
  stop(): void
}

/**
 * Traces and measures all pulls and copies that `windlass` starts from now on. The span of a pull is a child of the span that is active
 * where `pull` is called. Open the puller with `requestEvents: true` to trace requests too. See `traceEvents` for the spans.
 *
 * @example
 * const windlass = await open({ store: './store', requestEvents: true })
 * instrument(windlass)
 */
export function instrument(
  { activity, limits }: Instrumented,
  options: InstrumentOptions = {},
): Instrumentation {
  const { tracer = trace.getTracer(scopeName), meter = metrics.getMeter(scopeName) } = options
  const measured =
    meter && new PullMetrics(meter, { load: () => activity.load(), limits: () => limits.get() })
  const open = new Set<PullSpan>()
  const subscription = activity.started.subscribe(({ events }) => {
    const span = tracer && new PullSpan(tracer, context.active())
    if (span) open.add(span)
    const end = (): void => {
      span?.close()
      if (span) open.delete(span)
    }
    subscription.add(
      events.subscribe({
        next: (event) => {
          span?.add(event)
          measured?.add(event)
        },
        error: end,
        complete: end,
      }),
    )
  })
  return {
    stop: () => {
      subscription.unsubscribe()
      for (const span of open) span.close()
      measured?.stop()
    },
  }
}
