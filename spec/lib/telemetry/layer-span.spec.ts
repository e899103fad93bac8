import { ROOT_CONTEXT, SpanStatusCode } from '@opentelemetry/api'
import { describe, expect, it } from 'vitest'
import type { LayerEvent, LayerStatus } from '../../../lib/events/index.js'
import { LayerSpan } from '../../../lib/telemetry/layer-span.js'
import { SpanLog, millisecondsOf } from '../../support/spans.js'

/** One thing that happens to a layer: an event, or the begin of a pause. */
type Step = LayerStatus | (Partial<LayerEvent> & { readonly paused?: boolean }) | 'pause'

/** Traces what happens to a layer, one second after the other, and ends the spans. */
function traced(steps: readonly Step[], failure?: { readonly code: string; readonly message: string }) {
  const log = new SpanLog()
  const at = (second: number): Date => new Date(second * 1_000)
  const span = new LayerSpan(log.tracer, ROOT_CONTEXT, { digest: 'a', size: 7, at: at(0) })
  steps.forEach((step, index) => {
    if (step === 'pause') {
      span.pause(at(index + 1))
      return
    }
    const { paused = false, ...event } = typeof step === 'string' ? { status: step } : step
    span.add(
      { type: 'layer', digest: 'a', current: 0, total: 7, ...event } as LayerEvent,
      at(index + 1),
      paused,
    )
  })
  span.end(at(steps.length + 1), failure)
  const stages = log.ended
    .filter(({ name }) => name !== 'layer')
    .map(({ name, startTime, endTime }) =>
      [name, ...[startTime, endTime].map((time) => millisecondsOf(time) / 1_000)].join(' '),
    )
  return { log, stages, span, layer: log.named('layer')[0]! }
}

describe('the span of a layer', () => {
  it('has one span for each stage, however often it is reported', () => {
    const { stages, layer } = traced([
      ...(['waiting', 'downloading', 'downloading', 'verifying', 'downloaded', 'extracting'] as const),
      'complete',
    ])
    expect(stages).toEqual(['wait 1 2', 'download 2 4', 'verify 4 5', 'queue 5 6', 'unpack 6 7'])
    expect(layer.attributes).toMatchObject({ 'windlass.layer.outcome': 'complete', 'windlass.layer.size': 7 })
    expect(millisecondsOf(layer.endTime)).toBe(7_000)
  })

  it('shows unpacking beside the download, and nothing that waits for a thread then', () => {
    const { stages } = traced([
      ...['downloading', { status: 'downloading', unpacked: 3 }, { status: 'downloaded', unpacked: 4 }],
      ...['extracting', 'complete'],
    ] as Step[])
    expect(stages).toEqual(['download 1 3', 'unpack 2 5'])
  })

  it('begins the download and the unpacking anew after a restart', () => {
    const { stages } = traced([
      { status: 'downloading', unpacked: 3 },
      { status: 'restart', unpacked: 3 },
      ...['downloading', 'verifying'],
    ] as Step[])
    expect(stages).toEqual(['unpack 1 2', 'download 1 4', 'verify 4 5'])
  })

  it('names the host, and the number of the attempt', () => {
    const { layer, log } = traced([
      { status: 'downloading', host: 'storage.example' },
      { status: 'retrying', reason: 'reset', attempt: 2, retryIn: 500 },
      { status: 'retrying', reason: 'reset', attempt: 2, retryIn: 0 },
      'downloading',
    ])
    expect(layer.attributes['server.address']).toBe('storage.example')
    expect(layer.events.map(({ attributes }) => attributes)).toEqual([
      { 'windlass.retry.reason': 'reset', 'windlass.retry.attempt': 2, 'windlass.retry.delay': 0.5 },
    ])
    expect(log.named('retry').map(({ attributes }) => attributes)).toEqual([{ 'windlass.retry.attempt': 2 }])
    expect(log.named('download').map(({ attributes }) => attributes)).toEqual([{}, {}])
  })

  it('shows a download that ended without a reason as failed', () => {
    const { log } = traced(['downloading', { status: 'retrying' }])
    expect(log.named('download')[0]!.status).toEqual({ code: SpanStatusCode.ERROR, message: 'failed' })
  })

  it('ends what works at a pause, but not what waits', () => {
    expect(traced(['waiting', 'pause', 'downloading']).stages).toEqual(['wait 1 3', 'download 3 4'])
    expect(traced([{ status: 'downloading', unpacked: 3 }, 'pause', 'complete']).stages).toEqual([
      ...['download 1 2', 'unpack 1 2'],
    ])
    expect(traced(['downloaded', 'pause', 'complete']).stages).toEqual(['queue 1 3'])
  })

  it('has no stage that works for events during a pause', () => {
    const paused = (status: LayerStatus, more: object = {}): Step => ({ status, paused: true, ...more })
    expect(traced([paused('downloading', { unpacked: 3 }), 'complete']).stages).toEqual([])
    expect(traced([paused('extracting'), 'complete']).stages).toEqual([])
    expect(traced([paused('waiting'), 'complete']).stages).toEqual(['wait 1 2'])
  })

  it('fails with the stages that were under way, and ends once', () => {
    const failure = { code: 'DISK', message: 'full' }
    const { log, layer, span, stages } = traced([{ status: 'downloading', unpacked: 3 }], failure)
    expect(layer.status).toEqual({ code: SpanStatusCode.ERROR, message: 'full' })
    expect(layer.attributes['error.type']).toBe('DISK')
    expect(log.ended.map(({ status }) => status.message)).toEqual(['full', 'full', 'full'])
    expect([stages, span.isEnded]).toEqual([['download 1 2', 'unpack 1 2'], true])
    span.end(new Date(9_000))
    span.add(
      { type: 'layer', digest: 'a', status: 'downloading', current: 0, total: 7 },
      new Date(9_000),
      false,
    )
    expect([log.ended.length, log.open]).toEqual([3, []])
  })
})
