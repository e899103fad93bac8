/** Provides `LayerSpan`, the span of one layer with those of its stages. */
import { type Context, type Span, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import type { LayerEvent, LayerStatus } from '../events/index.js'
import { type LayerStage, StageTrack } from './stage-track.js'

/** Stages on the network, and between it and the disk. */
const transferStages: Partial<Record<LayerStatus, LayerStage>> = {
  waiting: 'wait',
  downloading: 'download',
  restart: 'download',
  copying: 'copy',
  retrying: 'retry',
  verifying: 'verify',
  downloaded: 'queue',
}

const finalStatuses: ReadonlySet<LayerStatus> = new Set(['complete', 'exists', 'copied', 'mounted'])

/** Stages that a pause ends. */
const worksOn: ReadonlySet<LayerStage | undefined> = new Set([
  'download',
  'copy',
  'retry',
  'verify',
  'unpack',
])

/** The spans of one layer of one pull, from its plan, or its first event, to its end. */
export class LayerSpan {
  /** Context of the spans of the layer. It stays valid after the end. */
  readonly context: Context
  readonly #span: Span
  readonly #transfer: StageTrack
  readonly #disk: StageTrack
  #isEnded = false

  constructor(
    tracer: Tracer,
    parent: Context,
    { digest, size, at }: { readonly digest: string; readonly size: number; readonly at: Date },
  ) {
    const attributes = { 'windlass.layer.digest': digest, 'windlass.layer.size': size }
    this.#span = tracer.startSpan('layer', { startTime: at, attributes }, parent)
    this.context = trace.setSpan(parent, this.#span)
    this.#transfer = new StageTrack(tracer, this.context)
    this.#disk = new StageTrack(tracer, this.context)
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Adds an event of the layer. `isPaused`: what it tells happened before the pause. */
  add(
    { status, unpacked = 0, host, reason, attempt, retryIn }: LayerEvent,
    at: Date,
    isPaused: boolean,
  ): void {
    if (this.#isEnded) return
    if (host !== undefined) this.#span.setAttribute('server.address', host)
    if (finalStatuses.has(status)) {
      this.#span.setAttribute('windlass.layer.outcome', status)
      this.end(at)
      return
    }
    if (status === 'retrying' && this.#transfer.stage !== 'retry') {
      this.#transfer.end(at, reason ?? 'failed')
      this.#span.addEvent(
        'retry',
        {
          ...(reason !== undefined && { 'windlass.retry.reason': reason }),
          ...(attempt !== undefined && { 'windlass.retry.attempt': attempt }),
          ...(retryIn !== undefined && { 'windlass.retry.delay': retryIn / 1_000 }),
        },
        at,
      )
    }
    // Unpacking behind the download shows in the count of an event of the download.
    const isBehind = status !== 'restart' && unpacked > 0
    const disk = status === 'extracting' || isBehind ? 'unpack' : undefined
    const transfer =
      status === 'extracting' || (isBehind && status === 'downloaded') ? undefined : transferStages[status]
    this.#transfer.enter(isPaused && worksOn.has(transfer) ? undefined : transfer, at)
    this.#disk.enter(isPaused ? undefined : disk, at)
    if (attempt !== undefined) this.#transfer.set('windlass.retry.attempt', attempt)
  }

  /** Ends the stages that a pause ends. */
  pause(at: Date): void {
    for (const track of [this.#transfer, this.#disk]) if (worksOn.has(track.stage)) track.end(at)
  }

  /** Ends the spans. `failure`: the error of the layer. Without effect after the end. */
  end(at: Date, failure?: { readonly code: string; readonly message: string }): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#transfer.end(at, failure?.message)
    this.#disk.end(at, failure?.message)
    if (failure) {
      this.#span.setAttribute('error.type', failure.code)
      this.#span.setStatus({ code: SpanStatusCode.ERROR, message: failure.message })
    }
    this.#span.end(at)
  }
}
