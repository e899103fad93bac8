import { ROOT_CONTEXT, SpanStatusCode } from '@opentelemetry/api'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type PullEvent, type PullEventBody, PullEventLog, eventVersion } from '../../../lib/events/index.js'
import { PullSpan } from '../../../lib/telemetry/pull-span.js'
import { SpanLog, millisecondsOf } from '../../support/spans.js'
import { bodies, digests, manifest, plan, request, start } from '../events/events.arbitrary.js'

const first = Date.parse('2026-11-28T10:00:00Z')

/** Events one second apart, as they are: without the order that a log enforces. */
const dated = (all: readonly PullEventBody[]): PullEvent[] =>
  all.map((body, index) => ({
    ...{ version: eventVersion, pull: 'one', seq: index + 1 },
    time: new Date(first + index * 1_000).toISOString(),
    ...body,
  }))

function traced(events: readonly PullEvent[]): SpanLog {
  const log = new SpanLog()
  const span = new PullSpan(log.tracer, ROOT_CONTEXT)
  for (const event of events) span.add(event)
  span.close()
  return log
}

const layer = (
  status: 'downloading' | 'verifying' | 'complete' | 'downloaded' | 'extracting',
  current = 1_000,
): PullEventBody => ({
  ...{ type: 'layer', digest: digests[2]!, status, current, total: 1_000 },
})

describe('the spans of a pull', () => {
  it('all end, whatever the events are, and have parents that exist', () => {
    const more = fc.array(
      fc.tuple(fc.nat(60), fc.constantFrom<PullEventBody>(request, { type: 'paused' }, plan, manifest)),
    )
    fc.assert(
      fc.property(bodies, more, fc.boolean(), fc.nat(60), (drawn, others, isLogged, cut) => {
        const all = [...drawn]
        for (const [at, body] of others) all.splice(Math.min(all.length, at), 0, body)
        const given: PullEvent[] = []
        if (isLogged) {
          let now = first
          const log = new PullEventLog(() => new Date((now += 60)))
          log.events.subscribe((event) => given.push(event))
          for (const body of all) log.emit(body)
        } else given.push(...dated(all))
        // A listener may leave at any moment.
        const spans = traced(given.slice(0, cut % 3 === 0 ? cut : undefined))
        expect(spans.open).toEqual([])
        const ids = new Set(spans.ended.map((span) => span.spanContext().spanId))
        const roots = spans.ended.filter(({ parentSpanContext }) => !parentSpanContext)
        expect(roots.length).toBeLessThanOrEqual(1)
        for (const { parentSpanContext, startTime, endTime } of spans.ended) {
          expect(parentSpanContext === undefined || ids.has(parentSpanContext.spanId)).toBe(true)
          expect(millisecondsOf(endTime)).toBeGreaterThanOrEqual(millisecondsOf(startTime))
        }
      }),
      { numRuns: 500 },
    )
  })

  it('are a pull, its layers, their stages and requests, with the times of the events', () => {
    const log = traced(
      dated([
        ...[start, manifest, plan],
        ...[
          layer('downloading', 0),
          request,
          layer('verifying'),
          layer('downloaded'),
          layer('extracting'),
          layer('complete'),
        ],
        { type: 'end', outcome: 'done', duration: 1 },
      ]),
    )
    expect(log.ended.map((span) => log.path(span))).toEqual([
      'pull > resolve',
      'pull > layer > GET',
      ...['download', 'verify', 'queue', 'unpack'].map((stage) => `pull > layer > ${stage}`),
      ...['pull > layer', 'pull > layer', 'pull > layer', 'pull'],
    ])
    const seconds = (name: string): number[] => {
      const [span] = log.named(name)
      return [span!.startTime, span!.endTime].map((time) => (millisecondsOf(time) - first) / 1_000)
    }
    expect(seconds('resolve')).toEqual([0, 2])
    expect(seconds('download')).toEqual([3, 5])
    expect(seconds('GET')).toEqual([3.96, 4])
    expect(seconds('unpack')).toEqual([7, 8])
    expect(seconds('pull')).toEqual([0, 9])
    expect(log.named('GET')[0]!.attributes).toEqual({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'http.response.body.size': 7,
      'server.address': 'storage.example',
      'server.port': 443,
      'url.full': 'https://storage.example/blob',
      'windlass.host.role': 'storage',
    })
  })

  it('show a retry as a failed download and an event of the layer', () => {
    const retry: PullEventBody = {
      ...{ type: 'layer', digest: digests[2]!, status: 'retrying', current: 3, total: 1_000 },
      ...{ retryIn: 5_000, reason: 'reset', attempt: 2 },
    }
    const log = traced(
      dated([start, plan, layer('downloading', 0), retry, retry, layer('downloading', 3), layer('complete')]),
    )
    const [failed, again] = log.named('download')
    expect(failed!.status).toEqual({ code: SpanStatusCode.ERROR, message: 'reset' })
    expect(again!.status.code).toBe(SpanStatusCode.UNSET)
    expect(log.named('retry')).toHaveLength(1)
    const owner = log
      .named('layer')
      .find(({ attributes }) => attributes['windlass.layer.digest'] === digests[2])
    expect(owner!.events.map(({ name, attributes }) => [name, attributes])).toEqual([
      ['retry', { 'windlass.retry.reason': 'reset', 'windlass.retry.attempt': 2, 'windlass.retry.delay': 5 }],
    ])
  })

  it('have the error of the pull where it happened, and none after a cancellation', () => {
    const error = { code: 'DIGEST_MISMATCH', message: 'wrong bytes', retryable: false, digest: digests[2]! }
    const failed = traced(dated([start, plan, layer('verifying'), { type: 'end', outcome: 'failed', error }]))
    const failures = failed.ended.filter(({ status }) => status.code === SpanStatusCode.ERROR)
    expect(failures.map((span) => failed.path(span))).toEqual([
      'pull > layer > verify',
      'pull > layer',
      'pull',
    ])
    expect(failures.at(-1)!.attributes).toMatchObject({
      'error.type': 'DIGEST_MISMATCH',
      'windlass.pull.outcome': 'failed',
    })
    const end: PullEventBody = { type: 'end', outcome: 'cancelled', error: { ...error, code: 'CANCELLED' } }
    const cancelled = traced(dated([start, plan, layer('verifying'), end]))
    expect(cancelled.ended.filter(({ status }) => status.code === SpanStatusCode.ERROR)).toEqual([])
    expect(cancelled.named('pull')[0]!.attributes).toMatchObject({ 'windlass.pull.outcome': 'cancelled' })
  })

  const seconds = (log: SpanLog, name: string): number[][] =>
    log
      .named(name)
      .map(({ startTime, endTime }) =>
        [startTime, endTime].map((time) => (millisecondsOf(time) - first) / 1_000),
      )
  const end: PullEventBody = { type: 'end', outcome: 'done', duration: 1 }
  const image = {
    ...{ type: 'image', name: 'app', digest: digests[0]!, mediaType: 'x', platform: 'linux/amd64' },
    ...{ imageId: digests[0]!, size: 7, layers: [], status: 'newer' },
  } as PullEventBody

  it('have a commit from the last event of a layer to the image, or from the plan without one', () => {
    expect(
      seconds(traced(dated([start, plan, layer('extracting'), layer('complete'), image, end])), 'commit'),
    ).toEqual([[3, 4]])
    const log = traced(dated([start, plan, image, end]))
    expect(seconds(log, 'commit')).toEqual([[1, 2]])
    expect(log.named('pull')[0]!.attributes).toMatchObject({
      ...{ 'oci.manifest.digest': digests[0], 'windlass.pull.status': 'newer' },
    })
  })

  it('end the stages of all layers at a pause, and begin none until it ends', () => {
    const log = traced(
      dated([
        ...[start, plan, layer('downloading', 0), { type: 'paused' } as PullEventBody],
        ...[layer('downloading', 5), { type: 'resumed' } as PullEventBody, layer('downloading', 6)],
        ...[layer('complete'), end],
      ]),
    )
    expect(seconds(log, 'download')).toEqual([
      [2, 3],
      [6, 7],
    ])
    expect(log.named('pull')[0]!.events.map(({ name }) => name)).toEqual(['paused', 'resumed'])
  })

  it('have another span of a layer that begins again after its end, and none of one that the store has', () => {
    const again = traced(
      dated([start, plan, layer('complete'), layer('downloading', 0), layer('complete'), end]),
    )
    const spansOf = (log: SpanLog, digest: string) =>
      log.named('layer').filter(({ attributes }) => attributes['windlass.layer.digest'] === digest).length
    expect(spansOf(again, digests[2]!)).toBe(2)
    const exists = { ...layer('complete'), digest: 'another', status: 'exists' } as PullEventBody
    expect(spansOf(traced(dated([start, plan, exists, end])), 'another')).toBe(0)
    const shared = { ...layer('complete'), status: 'exists' } as PullEventBody
    const log = traced(dated([start, plan, shared, end]))
    expect(
      log.named('layer').find(({ attributes }) => attributes['windlass.layer.digest'] === digests[2])!
        .attributes,
    ).toMatchObject({ 'windlass.layer.outcome': 'exists' })
  })

  it('show a failure before the plan as one of the resolution', () => {
    const error = { code: 'DENIED', message: 'no access', retryable: false }
    const log = traced(dated([start, { type: 'end', outcome: 'failed', error }]))
    expect(log.named('resolve')[0]!.status).toEqual({ code: SpanStatusCode.ERROR, message: 'no access' })
    expect(log.named('pull')[0]!.status).toEqual({ code: SpanStatusCode.ERROR, message: 'no access' })
  })

  it('are those of a copy if there is a target', () => {
    const log = traced(dated([{ ...start, target: 'mirror/app:1' } as PullEventBody, end]))
    expect(log.named('pull')).toEqual([])
    expect(log.named('copy')[0]!.attributes).toMatchObject({ 'windlass.copy.target': 'mirror/app:1' })
  })

  it('have what came after the end of the pull nowhere', () => {
    const log = traced(dated([start, end, layer('downloading', 0), end]))
    expect(log.ended.map(({ name }) => name)).toEqual(['resolve', 'pull'])
  })
})
