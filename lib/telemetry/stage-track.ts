/** Provides `StageTrack`, the spans of the stages of one layer that follow each other. */
import { type Context, type Span, SpanStatusCode, type Tracer } from '@opentelemetry/api'

/**
 * Stages of a layer: `wait` (for a slot of the downloads), `download`, `copy`, `retry` (waits for the next attempt), `verify`,
 * `queue` (downloaded, waits for a thread), `unpack` (also moves the layer to its place in the store).
 */
export type LayerStage = 'wait' | 'download' | 'copy' | 'retry' | 'verify' | 'queue' | 'unpack'

/** One stage after the other, each as a span. */
export class StageTrack {
  #stage: LayerStage | undefined
  #span: Span | undefined

  /** @param parent context with the span of the layer */
  constructor(
    private readonly tracer: Tracer,
    private readonly parent: Context,
  ) {}

  /** The present stage. */
  get stage(): LayerStage | undefined {
    return this.#stage
  }

  /** Ends the present stage and starts `stage`, unless that is the present one. */
  enter(stage: LayerStage | undefined, at: Date): void {
    if (stage === this.#stage) return
    this.end(at)
    this.#stage = stage
    if (stage !== undefined) this.#span = this.tracer.startSpan(stage, { startTime: at }, this.parent)
  }

  /** Sets an attribute of the present stage. */
  set(name: string, value: string | number): void {
    this.#span?.setAttribute(name, value)
  }

  /** Ends the present stage. `failure`: why it failed. */
  end(at: Date, failure?: string): void {
    if (failure !== undefined) this.#span?.setStatus({ code: SpanStatusCode.ERROR, message: failure })
    this.#span?.end(at)
    this.#span = undefined
    this.#stage = undefined
  }
}
