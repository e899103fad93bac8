import { tmpdir } from 'node:os'
import { Subject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../lib/errors.js'
import { PullEventLog, type PullEventBody } from '../../../lib/events/index.js'
import type { RequestReport } from '../../../lib/image/index.js'
import { type MetricParts, ServerMetrics } from '../../../server/metrics/server-metrics.js'

type LayerBody = Extract<PullEventBody, { type: 'layer' }>

/** The metrics of a server whose pulls emit what the test says. */
function metricsOf({ store = tmpdir() } = {}) {
  const metrics = new ServerMetrics()
  const started = new Subject<PullEventLog>()
  const load = {
    downloads: { active: 1, waiting: 2 },
    unpacks: { active: 3, waiting: 4 },
    received: 1_234,
  }
  const activity = { started, load: () => load }
  metrics.follow({ activity } as never)
  const parts = {
    windlass: { store, activity, limits: { get: () => ({ maxDownloads: 5, maxUnpacks: 6 }) } },
    ...{ version: '1.2.3', pulls: () => ({ running: 7, paused: 8 }), watchers: () => 9 },
  } as unknown as MetricParts
  const pull = (): PullEventLog => {
    const log = new PullEventLog()
    started.next(log)
    log.emit({ type: 'start', reference: 'app', platform: 'linux/amd64' })
    return log
  }
  /** The samples of a metric, without those of buckets: `labels=value`. */
  const read = async (name: string): Promise<string[]> => {
    const metric = (await metrics.read(parts)).find((each) => each.name === name)!
    return metric.samples
      .filter(({ suffix }) => suffix !== '_bucket')
      .map(({ labels = {}, value, suffix = '' }) =>
        [...Object.values(labels), suffix, value].join(' ').trim(),
      )
  }
  const unpacked = async (): Promise<number> => Number((await read('windlass_unpacked_bytes_total'))[0])
  return { metrics, pull, read, unpacked }
}

const layer = (status: LayerBody['status'], more: Partial<LayerBody> = {}): LayerBody => ({
  ...{ type: 'layer', digest: 'sha256:a', status, current: 0, total: 100 },
  ...more,
})

describe('the metrics of a server', () => {
  it('have a first value before anything has happened, so that a rate can be computed', async () => {
    const { read } = metricsOf()
    const counters = ['pulls_started', 'retries', 'reused_bytes', 'unpacked_bytes', 'warnings']
    for (const name of counters) expect(await read(`windlass_${name}_total`), name).toEqual(['0'])
    expect(await read('windlass_pulls_ended_total')).toEqual(['done  0', 'failed  0', 'cancelled  0'])
    expect(await read('windlass_failures_total')).toEqual([])
  })

  it('tell downloads from unpacks, and pulls that run from paused ones', async () => {
    const { read } = metricsOf()
    expect(await read('windlass_slots')).toEqual(['download  5', 'unpack  6'])
    expect(await read('windlass_slots_in_use')).toEqual(['download  1', 'unpack  3'])
    expect(await read('windlass_queued_layers')).toEqual(['download  2', 'unpack  4'])
    expect(await read('windlass_pulls')).toEqual(['running  7', 'paused  8'])
    expect(await read('windlass_watchers')).toEqual(['9'])
    expect(await read('windlass_downloaded_bytes_total')).toEqual(['1234'])
  })

  it('have no free bytes before there is a store', async () => {
    expect(await metricsOf({ store: '/nothing/here' }).read('windlass_store_free_bytes')).toEqual([])
    expect(Number((await metricsOf().read('windlass_store_free_bytes'))[0])).toBeGreaterThan(0)
  })

  it('count the ends of pulls by outcome, failures by their code, and durations in seconds', async () => {
    const { pull, read } = metricsOf()
    pull().end(undefined, 1_500)
    pull().end(new WindlassError('NETWORK', 'broken'), 500)
    pull().end(new WindlassError('CANCELLED', 'no more'))
    pull().emit({ type: 'end', outcome: 'failed' })
    expect(await read('windlass_pulls_started_total')).toEqual(['4'])
    expect(await read('windlass_pulls_ended_total')).toEqual(['done  1', 'failed  2', 'cancelled  1'])
    expect(await read('windlass_failures_total')).toEqual(['NETWORK  1', 'INTERNAL  1'])
    // A pull that never began has no duration.
    expect(await read('windlass_pull_duration_seconds')).toEqual(['_sum 2', '_count 2'])
  })

  it('count what the store had, retries and warnings', async () => {
    const { pull, read } = metricsOf()
    const log = pull()
    log.emit({ type: 'plan', layers: [], bytes: { total: 100, toDownload: 30 } })
    log.emit(layer('downloading'))
    log.emit(layer('retrying', { retryIn: 1, reason: 'x', attempt: 2 }))
    log.emit({ type: 'warning', code: 'x', message: 'y' })
    log.end()
    expect(await read('windlass_reused_bytes_total')).toEqual(['70'])
    expect(await read('windlass_retries_total')).toEqual(['1'])
    expect(await read('windlass_warnings_total')).toEqual(['1'])
  })

  it('count requests by role, method, and status or code, whatever became of them', async () => {
    const { metrics, read } = metricsOf()
    const report: RequestReport = {
      ...{ method: 'GET', url: 'https://a/', role: 'registry', duration: 2_000, received: 1 },
    }
    metrics.countRequest({ ...report, status: 200 })
    // The body broke off after the status.
    metrics.countRequest({ ...report, status: 200, error: 'NETWORK' })
    metrics.countRequest({ ...report, role: 'storage', error: 'STALLED' })
    metrics.countRequest({ ...report, method: 'HEAD' })
    expect(await read('windlass_registry_requests_total')).toEqual([
      'registry GET 200  2',
      'storage GET STALLED  1',
      'registry HEAD none  1',
    ])
    expect(await read('windlass_registry_request_duration_seconds')).toEqual(['_sum 8', '_count 4'])
  })
})

describe('the unpacked bytes', () => {
  it('are those that were read since the last event, and the rest at the end', async () => {
    const { pull, unpacked } = metricsOf()
    const log = pull()
    log.emit(layer('downloading', { current: 50 }))
    expect(await unpacked()).toBe(0)
    // Unpacking follows the download.
    log.emit(layer('verifying', { current: 100, unpacked: 20 }))
    expect(await unpacked()).toBe(20)
    log.emit(layer('extracting', { current: 70 }))
    expect(await unpacked()).toBe(70)
    log.emit(layer('complete', { current: 100 }))
    expect(await unpacked()).toBe(100)
  })

  it('are none of a layer that was only stored, or that the store had', async () => {
    const { pull, unpacked } = metricsOf()
    const log = pull()
    log.emit(layer('downloading', { current: 100 }))
    log.emit(layer('complete', { current: 100 }))
    log.emit(layer('exists', { digest: 'sha256:b', current: 100 }))
    expect(await unpacked()).toBe(0)
  })

  it('are counted for each layer and each pull', async () => {
    const { pull, unpacked } = metricsOf()
    const pulls = [pull(), pull()]
    for (const [status, current] of [
      ['extracting', 10],
      ['complete', 100],
    ] as const)
      for (const digest of ['sha256:a', 'sha256:b'])
        for (const log of pulls) log.emit(layer(status, { digest, current }))
    expect(await unpacked()).toBe(400)
  })

  it('are counted again if a layer is unpacked again', async () => {
    const { pull, unpacked } = metricsOf()
    const log = pull()
    log.emit(layer('downloading', { current: 60, unpacked: 40 }))
    log.emit(layer('restart'))
    log.emit(layer('downloading', { current: 60, unpacked: 0 }))
    log.emit(layer('verifying', { current: 100, unpacked: 30 }))
    expect(await unpacked()).toBe(70)
    log.emit(layer('complete', { current: 100 }))
    expect(await unpacked()).toBe(140)
  })
})
