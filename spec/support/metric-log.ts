/** A reader of the real SDK that keeps what it exports in memory, and exports only when it is told to. */
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'

/** Returns the exporter and its reader. The test shuts the reader down. */
export function metricLog() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  return { exporter, reader: new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 }) }
}
