/** Pulls from an embedded registry, traced and measured by the real SDK. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SpanStatusCode, context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Instrumentation, instrument, traceEvents } from '../../../lib/telemetry/index.js'
import { faults, putImage } from '../../../lib/testing/index.js'
import { metricLog } from '../../support/metric-log.js'
import { root } from '../../support/source-tree.js'
import { SpanLog } from '../../support/spans.js'
import { until, wanted } from '../../support/watching.js'
import { Workbench, imageOf } from '../../support/workbench.js'

const bench = new Workbench()
const page = readFileSync(join(root, 'docs/guide/telemetry.md'), 'utf8')
/** Names in the first column of the tables of the guide. */
const documented = new Set(
  [...page.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!),
  ),
)

const image = imageOf(['one', 'two'])

beforeAll(() => context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()))
afterAll(() => context.disable())

describe('a puller that is instrumented', () => {
  let instrumentation: Instrumentation | undefined
  afterEach(() => instrumentation?.stop())

  it('traces a pull with a retry below the span where it was started', async () => {
    const spans = new SpanLog()
    const registry = await bench.registry({ auth: { kind: 'token' } })
    await putImage(registry, 'team/app', '1', image)
    const failing = image.layers[0]!.digest
    registry.addFault(faults.status(503, { reference: failing }))
    const puller = await bench.puller({ requestEvents: true, retries: 2 })
    instrumentation = instrument(puller, { tracer: spans.tracer, meter: null })
    const request = spans.tracer.startSpan('request of a user')
    await context.with(trace.setSpan(context.active(), request), async () => {
      await puller.pull(`${registry.host}/team/app:1`, wanted).done
    })
    request.end()
    await until(() => spans.open.length === 0)

    const paths = new Set(spans.ended.map((span) => spans.path(span)))
    const root = 'request of a user > pull'
    for (const below of [
      'resolve',
      'GET',
      'layer',
      'layer > GET',
      'layer > download',
      'layer > unpack',
      'commit',
    ])
      expect(paths).toContain(`${root} > ${below}`)
    expect(
      spans
        .named('layer')
        .map(({ attributes }) => attributes['windlass.layer.digest'])
        .sort(),
    ).toEqual(image.layers.map(({ digest }) => digest).sort())
    const [pull] = spans.named('pull')
    expect(pull!.attributes).toMatchObject({
      'container.image.name': `${registry.host}/team/app`,
      'container.image.tags': ['1'],
      'oci.manifest.digest': image.manifest.digest,
      'windlass.pull.outcome': 'done',
    })
    // The failed request and the one that followed are below the layer that needed them.
    const layer = spans
      .named('layer')
      .find(({ attributes }) => attributes['windlass.layer.digest'] === failing)!
    const requests = spans
      .named('GET')
      .filter(({ parentSpanContext }) => parentSpanContext?.spanId === layer.spanContext().spanId)
    expect(
      requests.map(({ attributes, status }) => [attributes['http.response.status_code'], status.code]),
    ).toEqual([
      [503, SpanStatusCode.ERROR],
      [200, SpanStatusCode.UNSET],
    ])
    const [address, port] = registry.host.split(':')
    expect(requests[1]!.attributes).toMatchObject({ 'server.address': address, 'server.port': Number(port) })
    expect(layer.events.map(({ name }) => name)).toEqual(['retry'])
    const used = new Set(spans.ended.flatMap(({ attributes }) => Object.keys(attributes)))
    expect([...used].filter((name) => !documented.has(name))).toEqual([])
    const texts = JSON.stringify(
      spans.ended.map(({ attributes, events, status }) => [attributes, events, status]),
    )
    for (const token of registry.requests.flatMap(({ headers }) => headers['authorization'] ?? []))
      expect(texts).not.toContain(token.replace(/^\w+ /, ''))
  })

  it('traces failures, cancellations, copies, and both pulls that share a layer', async () => {
    const spans = new SpanLog()
    const registry = await bench.registry({ push: true })
    await putImage(registry, 'team/app', '1', image)
    const puller = await bench.puller({ requestEvents: true, retries: 2 })
    instrumentation = instrument(puller, { tracer: spans.tracer, meter: null })
    await expect(puller.pull(`${registry.host}/team/none:1`, wanted).done).rejects.toMatchObject({
      code: 'NAME_UNKNOWN',
    })
    const [failed] = spans.named('pull')
    expect(failed!.status.code).toBe(SpanStatusCode.ERROR)
    expect(failed!.attributes['error.type']).toBe('NAME_UNKNOWN')

    const name = `${registry.host}/team/app:1`
    registry.addFault(faults.stall(1, { reference: image.layers[0]!.digest }))
    const cancelled = puller.pull(name, wanted)
    await until(() => registry.requests.some(({ reference }) => reference === image.layers[0]!.digest))
    cancelled.cancel()
    await expect(cancelled.done).rejects.toMatchObject({ code: 'CANCELLED' })
    await cancelled.closed()
    expect(spans.open).toEqual([])

    await Promise.all([
      puller.pull(name, wanted).done,
      puller.pull(`${registry.host}/team/app:1`, wanted).done,
    ])
    expect(
      spans
        .named('pull')
        .slice(2)
        .map(({ attributes }) => attributes['windlass.pull.outcome']),
    ).toEqual(['done', 'done'])
    await puller.copy(name, `${registry.host}/mirror/app:1`, wanted).done
    expect(spans.named('copy')[0]!.attributes['windlass.copy.target']).toBe(`${registry.host}/mirror/app:1`)
    expect(spans.open).toEqual([])
  })

  it('measures pulls, failures, requests, bytes and slots', async () => {
    const { exporter, reader } = metricLog()
    const provider = new MeterProvider({ readers: [reader] })
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', image)
    registry.addFault(faults.status(503, { reference: image.layers[0]!.digest }))
    const puller = await bench.puller({ requestEvents: true, retries: 2 })
    instrumentation = instrument(puller, { tracer: null, meter: provider.getMeter('test') })
    await puller.pull(`${registry.host}/team/app:1`, wanted).done
    await puller.pull(`${registry.host}/team/app:1`, wanted).done
    await expect(puller.pull(`${registry.host}/team/none:1`, wanted).done).rejects.toThrow()
    await provider.forceFlush()
    const points = new Map(
      exporter
        .getMetrics()
        .flatMap(({ scopeMetrics }) =>
          scopeMetrics.flatMap(({ metrics }) =>
            metrics.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints]),
          ),
        ),
    )
    expect(points.size).toBe(9)
    expect([...points.keys()].filter((name) => !documented.has(name))).toEqual([])
    const layerBytes = image.layers.reduce((sum, { size }) => sum + size, 0)
    const valuesOf = (name: string) => points.get(name)?.map(({ attributes, value }) => [attributes, value])
    expect(valuesOf('windlass.failures')).toEqual([[{ 'error.type': 'NAME_UNKNOWN' }, 1]])
    expect(valuesOf('windlass.retries')).toEqual([[{}, 1]])
    expect(valuesOf('windlass.bytes.reused')).toEqual([[{}, layerBytes]])
    expect(points.get('windlass.bytes.received')![0]!.value).toBeGreaterThanOrEqual(layerBytes)
    expect(valuesOf('windlass.slots.usage')).toEqual([
      [{ 'windlass.stage': 'download' }, 0],
      [{ 'windlass.stage': 'unpack' }, 0],
    ])
    expect(valuesOf('windlass.slots.limit')![0]).toEqual([
      { 'windlass.stage': 'download' },
      puller.limits.get().maxDownloads,
    ])
    expect(points.get('windlass.pull.duration')!.map(({ attributes }) => attributes)).toEqual([
      { 'windlass.pull.outcome': 'done' },
      { 'windlass.pull.outcome': 'failed', 'error.type': 'NAME_UNKNOWN' },
    ])
    const statuses = points
      .get('http.client.request.duration')!
      .map(({ attributes }) => attributes['http.response.status_code'])
    expect(new Set(statuses)).toEqual(new Set([200, 404, 503]))
    await provider.shutdown()
  })

  it('ends the spans of running pulls when it is stopped', async () => {
    const spans = new SpanLog()
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', image)
    registry.addFault(faults.stall(1, { reference: image.layers[0]!.digest }))
    const puller = await bench.puller()
    instrumentation = instrument(puller, { tracer: spans.tracer, meter: null })
    const pull = puller.pull(`${registry.host}/team/app:1`, wanted)
    const traced = new SpanLog()
    const tracing = traceEvents(pull.events, { tracer: traced.tracer })
    await until(() => spans.open.includes('download'))
    instrumentation.stop()
    tracing.unsubscribe()
    expect([spans.open, traced.open]).toEqual([[], []])
    expect(traced.named('pull')).toHaveLength(1)
    pull.cancel()
    await pull.closed()
    expect(spans.named('pull')).toHaveLength(1)
    // Without `requestEvents` there are no requests.
    expect(spans.named('GET')).toEqual([])
  })
})
