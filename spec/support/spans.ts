/** A tracer of the real SDK that keeps its spans, and counts those that were started and not ended. */
import type { Tracer } from '@opentelemetry/api'
import {
  BasicTracerProvider,
  type ReadableSpan,
  type Span,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base'

export class SpanLog implements SpanProcessor {
  /** Spans that have ended, in the order of their ends. */
  readonly ended: ReadableSpan[] = []
  readonly #open = new Set<Span>()
  readonly tracer: Tracer = new BasicTracerProvider({ spanProcessors: [this] }).getTracer('test')

  onStart(span: Span): void {
    this.#open.add(span)
  }

  onEnd(span: ReadableSpan): void {
    this.#open.delete(span as Span)
    this.ended.push(span)
  }

  /** Names of the spans that have not ended. */
  get open(): string[] {
    return [...this.#open].map(({ name }) => name)
  }

  /** The ended spans with this name, in the order of their starts. */
  named(name: string): ReadableSpan[] {
    return this.ended
      .filter((span) => span.name === name)
      .sort((a, b) => millisecondsOf(a.startTime) - millisecondsOf(b.startTime))
  }

  /** The path of names from the root: `pull > layer > download`. */
  path({ name, parentSpanContext }: ReadableSpan): string {
    const parent = this.ended.find((span) => span.spanContext().spanId === parentSpanContext?.spanId)
    return parent ? `${this.path(parent)} > ${name}` : name
  }

  shutdown = (): Promise<void> => Promise.resolve()
  forceFlush = (): Promise<void> => Promise.resolve()
}

export const millisecondsOf = ([seconds, nanoseconds]: readonly [number, number]): number =>
  seconds * 1_000 + nanoseconds / 1e6
