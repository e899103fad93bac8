/** `windlass serve` in this process, beside an OpenTelemetry SDK that the process has registered. */
import { metrics, trace } from '@opentelemetry/api'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { describe, expect, it, onTestFinished } from 'vitest'
import { run } from '../../../cli/program.js'
import { WindlassClient } from '../../../lib/api/client.js'
import { putImage } from '../../../lib/testing/images/index.js'
import { TestTerminal } from '../../support/cli/test-terminal.js'
import { metricLog } from '../../support/metric-log.js'
import { SpanLog } from '../../support/spans.js'
import { Workbench, imageOf } from '../../support/workbench.js'

const bench = new Workbench()

/** Starts the command. It ends with the test. */
async function serving() {
  const terminal = new TestTerminal()
  const code = run(['serve', '--listen', '127.0.0.1:0', '--store', bench.path()], terminal)
  let isEnding = false
  const end = (): Promise<number> => {
    if (!isEnding) terminal.signals.emit('SIGINT')
    isEnding = true
    return code
  }
  onTestFinished(() => void end())
  await expect.poll(() => terminal.out, { timeout: 20_000 }).toMatch(/^Listening on http.*\n/)
  const [, url = '', token = ''] = /^Listening on (.*)\/#token=(.*)$/m.exec(terminal.out) ?? []
  return { client: new WindlassClient({ url, token }), end, terminal }
}

describe('windlass serve', () => {
  it('traces and measures the pulls of its clients with the SDK that the process has registered', async () => {
    const spans = new SpanLog()
    const { exporter, reader } = metricLog()
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [spans] }))
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
    onTestFinished(async () => {
      trace.disable()
      metrics.disable()
      await reader.shutdown()
    })
    const registry = await bench.registry()
    const image = imageOf(['one', 'two'])
    await putImage(registry, 'team/app', '1', image)

    const { client, end } = await serving()
    const { id } = await client.pull(`${registry.host}/team/app:1`, { platform: 'linux/amd64' })
    await client.events(id).forEach(() => undefined)
    await expect.poll(() => spans.named('pull')).toHaveLength(1)

    expect(spans.named('pull')[0]!.attributes).toMatchObject({
      'container.image.name': `${registry.host}/team/app`,
      'windlass.pull.outcome': 'done',
    })
    const paths = new Set(spans.ended.map((span) => spans.path(span)))
    // The requests are there as well: a server reports them if somebody listens.
    for (const path of ['resolve', 'GET', 'layer', 'layer > download', 'layer > unpack', 'commit'])
      expect(paths).toContain(`pull > ${path}`)
    await reader.forceFlush()
    const measured = exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
    const durations = measured.find(({ descriptor }) => descriptor.name === 'windlass.pull.duration')!
    expect(durations.dataPoints).toMatchObject([
      { attributes: { 'windlass.pull.outcome': 'done' }, value: { count: 1 } },
    ])
    expect(await end()).toBe(0)
  })

  it('ends on an interrupt, and says what becomes of its pulls', async () => {
    const { end, terminal, client } = await serving()
    expect(await client.pulls()).toEqual([])
    expect(await end()).toBe(0)
    expect(terminal.err).toContain('pulls that run are cancelled and can be resumed')
    await expect(client.pulls()).rejects.toThrow()
  })
})
