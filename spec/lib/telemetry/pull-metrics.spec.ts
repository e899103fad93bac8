import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { describe, expect, it } from 'vitest'
import type { PullEvent } from '../../../lib/events/index.js'
import { PullMetrics } from '../../../lib/telemetry/pull-metrics.js'

describe('the metrics of pulls', () => {
  it('count a cancelled pull by its duration, and not as a failure', async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
    const provider = new MeterProvider({ readers: [reader] })
    const idle = { active: 0, waiting: 0 }
    const metrics = new PullMetrics(provider.getMeter('test'), {
      load: () => ({ downloads: idle, unpacks: idle, received: 0 }),
      limits: () => ({ maxDownloads: 1, maxUnpacks: 1 }),
    })
    const ended = (outcome: 'cancelled' | 'failed', code: string): PullEvent =>
      ({ type: 'end', outcome, error: { code, message: 'It ended' }, duration: 2_000 }) as PullEvent
    metrics.add(ended('cancelled', 'CANCELLED'))
    metrics.add(ended('failed', 'NETWORK'))
    await provider.forceFlush()
    const points = exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
      .flatMap(({ descriptor, dataPoints }) => dataPoints.map((point) => [descriptor.name, point] as const))
    const of = (name: string) => points.flatMap(([found, point]) => (found === name ? point : []))
    expect(of('windlass.failures')).toMatchObject([{ attributes: { 'error.type': 'NETWORK' }, value: 1 }])
    expect(of('windlass.pull.duration').map(({ attributes }) => attributes['windlass.pull.outcome'])).toEqual(
      ['cancelled', 'failed'],
    )
    metrics.stop()
    await provider.shutdown()
  })

  it('count what pulls did, in seconds and bytes, and observe the slots until they stop', async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
    const provider = new MeterProvider({ readers: [reader] })
    let loads = 0
    const load = () => {
      loads++
      return {
        ...{ downloads: { active: 1, waiting: 2 }, unpacks: { active: 3, waiting: 4 }, received: 5 },
      }
    }
    const metrics = new PullMetrics(provider.getMeter('test'), {
      ...{ load, limits: () => ({ maxDownloads: 6, maxUnpacks: 7 }) },
    })
    const events = [
      { type: 'plan', layers: [], bytes: { total: 100, toDownload: 30 } },
      { type: 'layer', digest: 'a', status: 'retrying', current: 0, total: 1 },
      { type: 'layer', digest: 'a', status: 'downloading', current: 0, total: 1 },
      { type: 'request', method: 'GET', url: 'https://h/', role: 'registry', duration: 500, received: 1 },
      { type: 'end', outcome: 'done', duration: 2_000 },
      { type: 'end', outcome: 'done' },
    ]
    for (const event of events) metrics.add(event as unknown as PullEvent)
    await provider.forceFlush()
    const of = (name: string) =>
      exporter
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
        .filter(({ descriptor }) => descriptor.name === name)
        .flatMap(({ dataPoints }) =>
          dataPoints.map(({ value }) => (typeof value === 'number' ? value : value.sum)),
        )
    expect(
      [
        ...['windlass.bytes.reused', 'windlass.retries', 'windlass.pull.duration'],
        ...['http.client.request.duration', 'windlass.bytes.received', 'windlass.slots.limit'],
        ...['windlass.slots.usage', 'windlass.queue.length'],
      ].map(of),
    ).toEqual([[70], [1], [2], [0.5], [5], [6, 7], [1, 3], [2, 4]])
    metrics.stop()
    await provider.forceFlush()
    expect(loads).toBe(1)
    await provider.shutdown()
  })
})
