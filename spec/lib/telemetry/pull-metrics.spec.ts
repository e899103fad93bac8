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
})
