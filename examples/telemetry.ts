/**
 * Traces a pull with OpenTelemetry, below a span of the program, and prints the spans as a tree. A real program registers an exporter of
 * its own, for example that of OTLP, and does the rest as here.
 *
 *     npx tsx examples/telemetry.ts [IMAGE]
 */
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { open } from 'windlass'
import { instrument } from 'windlass/telemetry'
import { exampleImage } from './an-image.js'

const exporter = new InMemorySpanExporter()
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
trace.setGlobalTracerProvider(
  new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
)

const { name, store, close } = await exampleImage(process.argv[2])
const windlass = await open({ store, requestEvents: true })
instrument(windlass)
await trace.getTracer('example').startActiveSpan('deploy', async (span) => {
  await windlass.pull(name).done
  span.end()
})
await windlass.close()
await close()

const print = (span: ReadableSpan, depth: number): void => {
  const [seconds, nanoseconds] = span.duration
  const milliseconds = Math.round(seconds * 1_000 + nanoseconds / 1e6)
  console.log(`${'  '.repeat(depth)}${span.name} ${milliseconds} ms`)
  for (const child of all)
    if (child.parentSpanContext?.spanId === span.spanContext().spanId) print(child, depth + 1)
}
const all = exporter.getFinishedSpans()
for (const span of all) if (!span.parentSpanContext) print(span, 0)
