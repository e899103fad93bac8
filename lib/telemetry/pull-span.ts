/** Provides `PullSpan`, the span of one pull or copy with all spans below it. */
import {
  type Attributes,
  type Context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { PullEvent, RequestEvent } from '../events/index.js'
import { imageAttributes, requestAttributes } from './attributes.js'
import { LayerSpan } from './layer-span.js'

type EventOf<Type extends PullEvent['type']> = Extract<PullEvent, { readonly type: Type }>

/**
 * The spans of one pull: `pull` or `copy`; below it `resolve` (until the plan), a `layer` for each layer that the store lacks, and
 * `commit` (from the last layer to the image); below a layer its stages; requests below their layer, or below the pull.
 */
export class PullSpan {
  readonly #layers = new Map<string, LayerSpan>()
  #pull: { readonly span: Span; readonly context: Context } | undefined
  #resolve: Span | undefined
  #isPaused = false
  #isEnded = false
  #commitStart: Date | undefined
  #last: Date | undefined

  /** @param parent context whose span becomes the parent of the pull */
  constructor(
    private readonly tracer: Tracer,
    private readonly parent: Context,
  ) {}

  /** Adds the next event of the pull. Starts with the first, ends with `end`. */
  add(event: PullEvent): void {
    if (this.#isEnded) return
    const at = new Date(event.time)
    this.#last = at
    this.#pull ??= this.#start(event, at)
    const { span, context } = this.#pull
    switch (event.type) {
      case 'start':
        return
      case 'manifest':
        span.addEvent(
          'manifest',
          { 'oci.manifest.digest': event.digest, 'windlass.media_type': event.mediaType },
          at,
        )
        return
      case 'platform':
        span.setAttribute('windlass.platform', event.chosen)
        return
      case 'plan':
        this.#plan(event, span, at)
        return
      case 'layer':
        // The store has the layer: nothing is done.
        if (event.status === 'exists' && !this.#layers.has(event.digest)) return
        this.#layerOf(event, at).add(event, at, this.#isPaused)
        this.#commitStart = at
        return
      case 'request':
        this.#request(event, at, this.#layers.get(event.digest ?? '')?.context ?? context)
        return
      case 'warning':
        span.addEvent(
          'warning',
          { 'windlass.warning.code': event.code, 'windlass.warning.message': event.message },
          at,
        )
        return
      case 'paused':
      case 'resumed':
        this.#isPaused = event.type === 'paused'
        span.addEvent(event.type, undefined, at)
        if (this.#isPaused) for (const layer of this.#layers.values()) layer.pause(at)
        return
      case 'image':
      case 'copied':
        span.setAttributes({ 'oci.manifest.digest': event.digest, 'windlass.pull.status': event.status })
        this.tracer.startSpan('commit', { startTime: this.#commitStart ?? at }, context).end(at)
        return
      case 'end':
        this.#end(event, span, at)
    }
  }

  /** Ends what is open, at the time of the last event, when no more events will come. Without effect after `end`. */
  close(): void {
    if (this.#isEnded || !this.#pull || !this.#last) return
    this.#isEnded = true
    this.#endBelow(this.#last)
    this.#pull.span.end(this.#last)
  }

  #start(event: PullEvent, at: Date): { readonly span: Span; readonly context: Context } {
    const start = event.type === 'start' ? event : undefined
    const span = this.tracer.startSpan(
      start?.target === undefined ? 'pull' : 'copy',
      {
        startTime: at,
        attributes: {
          'windlass.pull.id': event.pull,
          ...(start && { ...imageAttributes(start.reference), 'windlass.platform': start.platform }),
          ...(start?.target !== undefined && { 'windlass.copy.target': start.target }),
        },
      },
      this.parent,
    )
    const context = trace.setSpan(this.parent, span)
    this.#resolve = this.tracer.startSpan('resolve', { startTime: at }, context)
    return { span, context }
  }

  #plan({ layers, bytes }: EventOf<'plan'>, span: Span, at: Date): void {
    this.#endResolve(at)
    this.#commitStart = at
    span.setAttributes({
      'windlass.bytes.total': bytes.total,
      'windlass.bytes.to_download': bytes.toDownload,
    })
    for (const { digest, size, action } of layers)
      if (action !== 'exists' && !this.#layers.has(digest)) this.#startLayer(digest, size, at)
  }

  #startLayer(digest: string, size: number, at: Date): LayerSpan {
    const layer = new LayerSpan(this.tracer, this.#pull!.context, { digest, size, at })
    this.#layers.set(digest, layer)
    return layer
  }

  /** Returns the span of the layer of an event. A layer that begins again after its end has another span. */
  #layerOf({ digest, total }: EventOf<'layer'>, at: Date): LayerSpan {
    const known = this.#layers.get(digest)
    return known && !known.isEnded ? known : this.#startLayer(digest, total, at)
  }

  #request(event: RequestEvent, at: Date, parent: Context): void {
    const attributes: Attributes = {
      ...requestAttributes(event),
      'url.full': event.url,
      'http.response.body.size': event.received,
      'windlass.host.role': event.role,
    }
    const startTime = new Date(at.getTime() - event.duration)
    const span = this.tracer.startSpan(event.method, { kind: SpanKind.CLIENT, startTime, attributes }, parent)
    if (attributes['error.type'] !== undefined) span.setStatus({ code: SpanStatusCode.ERROR })
    span.end(at)
  }

  #end({ outcome, error }: EventOf<'end'>, span: Span, at: Date): void {
    this.#isEnded = true
    this.#endBelow(at, error)
    span.setAttribute('windlass.pull.outcome', outcome)
    if (error) span.setAttribute('error.type', error.code)
    // Who cancels a pull does not want it any more: that is no error.
    if (error && outcome === 'failed') span.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
    span.end(at)
  }

  #endResolve(at: Date, failure?: string): void {
    if (failure !== undefined) this.#resolve?.setStatus({ code: SpanStatusCode.ERROR, message: failure })
    this.#resolve?.end(at)
    this.#resolve = undefined
  }

  /** Ends the spans below the pull. The error concerns the layer with its digest, or else what came before the layers. */
  #endBelow(at: Date, error?: EventOf<'end'>['error']): void {
    const failure = error?.code === 'CANCELLED' ? undefined : error
    this.#endResolve(at, failure?.message)
    for (const [digest, layer] of this.#layers)
      layer.end(at, failure?.digest === digest ? failure : undefined)
  }
}
