/**
 * Traces and measures pulls with OpenTelemetry: spans for pulls, layers, stages and requests, and metrics. Needs the package
 * `@opentelemetry/api`, which is an optional peer dependency; nothing else of Windlass imports it.
 *
 * @module windlass/telemetry
 */
export { type Instrumented, type InstrumentOptions, type Instrumentation, instrument } from './instrument.js'
export { type TraceOptions, traceEvents } from './trace-events.js'
