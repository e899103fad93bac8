import { Subject } from 'rxjs'
import { beforeEach, describe, expect, it } from 'vitest'
import type { PullEvent, PullEventBody } from '../../../lib/events/index.js'
import { ServerMetrics } from '../../../server/metrics/server-metrics.js'

const load = {
  downloads: { active: 2, waiting: 3 },
  unpacks: { active: 4, waiting: 5 },
  received: 6,
}

describe('the metrics of a server', () => {
  let started: Subject<{ readonly events: Subject<PullEvent> }>
  let metrics: ServerMetrics
  beforeEach(() => {
    started = new Subject()
    metrics = new ServerMetrics()
    metrics.follow({ activity: { started } } as never)
  })

  /** Returns the function that emits the events of a new pull. */
  function pull(): (body: PullEventBody) => void {
    const events = new Subject<PullEvent>()
    started.next({ events })
    return (body) => events.next(body as PullEvent)
  }
  async function read(store = '/'): Promise<Map<string, readonly (readonly [string, number])[]>> {
    const windlass = {
      ...{ activity: { load: () => load }, store },
      limits: { get: () => ({ maxDownloads: 7, maxUnpacks: 8 }) },
    }
    const all = await metrics.read({
      ...{ windlass: windlass as never, version: '1.2.3', watchers: () => 9 },
      pulls: () => ({ running: 10, paused: 11 }),
    })
    return new Map(
      all.map(({ name, samples }) => [
        name,
        samples.map(({ labels = {}, value, suffix = '' }) => [
          suffix + Object.values(labels).join(' '),
          value,
        ]),
      ]),
    )
  }
  const layer = (status: string, current = 0, more: object = {}): PullEventBody =>
    ({ type: 'layer', digest: 'a', status, current, total: 100, ...more }) as PullEventBody

  it('begin with a first value of each counter that has no labels, and of each outcome', async () => {
    const all = await read()
    for (const name of ['pulls_started', 'retries', 'reused_bytes', 'unpacked_bytes', 'warnings'])
      expect(all.get(`windlass_${name}_total`)).toEqual([['', 0]])
    expect(all.get('windlass_pulls_ended_total')).toEqual([
      ['done', 0],
      ['failed', 0],
      ['cancelled', 0],
    ])
  })

  it('are those of the server at this moment', async () => {
    const all = await read()
    const stages = (download: number, unpack: number) => [
      ['download', download],
      ['unpack', unpack],
    ]
    expect(all.get('windlass_pulls')).toEqual([
      ['running', 10],
      ['paused', 11],
    ])
    expect(all.get('windlass_slots')).toEqual(stages(7, 8))
    expect(all.get('windlass_slots_in_use')).toEqual(stages(2, 4))
    expect(all.get('windlass_queued_layers')).toEqual(stages(3, 5))
    expect(all.get('windlass_downloaded_bytes_total')).toEqual([['', 6]])
    expect(all.get('windlass_watchers')).toEqual([['', 9]])
    expect(all.get('windlass_store_free_bytes')).toHaveLength(1)
    expect((await read('/no/such/store')).get('windlass_store_free_bytes')).toEqual([])
  })

  it('count the ends of pulls by outcome, and only failures by code', async () => {
    const emit = pull()
    emit({ type: 'start', reference: 'app', platform: 'linux/amd64' })
    emit({ type: 'warning', code: 'odd', message: 'Odd' })
    emit(layer('retrying'))
    emit({ type: 'plan', layers: [], bytes: { total: 100, toDownload: 30 } })
    emit({ type: 'end', outcome: 'done', duration: 2_000 })
    const error = { code: 'CANCELLED', message: 'Cancelled', retryable: false }
    pull()({ type: 'end', outcome: 'cancelled', error })
    pull()({ type: 'end', outcome: 'failed', error: { ...error, code: 'DENIED' }, duration: 500 })
    pull()({ type: 'end', outcome: 'failed' })
    const all = await read()
    for (const name of ['pulls_started', 'warnings', 'retries'])
      expect(all.get(`windlass_${name}_total`)).toEqual([['', 1]])
    expect(all.get('windlass_reused_bytes_total')).toEqual([['', 70]])
    expect(all.get('windlass_pulls_ended_total')).toEqual([
      ['done', 1],
      ['failed', 2],
      ['cancelled', 1],
    ])
    expect(all.get('windlass_failures_total')).toEqual([
      ['DENIED', 1],
      ['INTERNAL', 1],
    ])
    const durations = new Map(all.get('windlass_pull_duration_seconds'))
    expect([durations.get('_sum'), durations.get('_count')]).toEqual([2.5, 2])
  })

  it('count requests by their status, or by the code of their failure if they have none', async () => {
    const report = {
      method: 'GET',
      url: 'https://h/',
      role: 'registry',
      duration: 2_000,
      received: 0,
    } as const
    metrics.countRequest({ ...report, status: 200 })
    metrics.countRequest({ ...report, status: 200, error: 'NETWORK' })
    metrics.countRequest({ ...report, error: 'NETWORK' })
    metrics.countRequest(report)
    const all = await read()
    expect(all.get('windlass_registry_requests_total')).toEqual([
      ['registry GET 200', 2],
      ['registry GET NETWORK', 1],
      ['registry GET none', 1],
    ])
    const durations = new Map(all.get('windlass_registry_request_duration_seconds'))
    expect(durations.get('_sum')).toBe(8)
  })

  it.each<[string, readonly (readonly PullEventBody[])[], number]>([
    ['while it is downloaded', [[layer('downloading', 50, { unpacked: 20 }), layer('downloading', 90)]], 20],
    ['to its end', [[layer('extracting', 20), layer('extracting', 60), layer('complete', 100)]], 100],
    ['again after a restart', [[layer('extracting', 60), layer('restart'), layer('extracting', 30)]], 90],
    ['again after its end', [[layer('extracting', 60), layer('complete'), layer('extracting', 60)]], 160],
    ['once for each pull', [[layer('extracting', 60)], [layer('extracting', 60)]], 120],
    ['never if it is only stored', [[layer('downloading', 50), layer('complete', 100)]], 0],
    ['never if the store has it', [[layer('exists', 100)]], 0],
  ])('count the bytes of a layer that is unpacked: %s', async (_, pulls, bytes) => {
    for (const events of pulls) {
      const emit = pull()
      for (const event of events) emit(event)
    }
    expect((await read()).get('windlass_unpacked_bytes_total')).toEqual([['', bytes]])
  })
})
