import { ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { Subject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { type PullEvent, type PullEventBody, eventVersion } from '../../../lib/events/index.js'
import { traceEvents } from '../../../lib/telemetry/index.js'
import { SpanLog, millisecondsOf } from '../../support/spans.js'

const dated = (body: PullEventBody, second: number): PullEvent => ({
  ...{ version: eventVersion, pull: 'one', seq: second, time: new Date(second * 1_000).toISOString() },
  ...body,
})

describe('the spans of the events of a pull', () => {
  it.each<[string, (events: Subject<PullEvent>) => void]>([
    ['the stream ends', (events) => events.complete()],
    ['the stream fails', (events) => events.error(new Error('broken'))],
    ['nobody reads it any more', () => undefined],
  ])('have all ended, at the time of the last event, when %s', (_, end) => {
    const log = new SpanLog()
    const events = new Subject<PullEvent>()
    const parent = log.tracer.startSpan('request of a user')
    const context = trace.setSpan(ROOT_CONTEXT, parent)
    const subscription = traceEvents(events, { tracer: log.tracer, context })
    events.next(dated({ type: 'start', reference: 'app:1', platform: 'linux/amd64' }, 1))
    events.next(dated({ type: 'layer', digest: 'a', status: 'downloading', current: 0, total: 7 }, 2))
    end(events)
    subscription.unsubscribe()
    parent.end()
    expect(log.open).toEqual([])
    expect(log.ended.map((span) => log.path(span))).toContain('request of a user > pull > layer > download')
    for (const name of ['pull', 'layer', 'download'])
      expect(log.named(name).map(({ endTime }) => millisecondsOf(endTime))).toEqual([2_000])
  })
})
