/** Provides `ServerMetrics`, the metrics of a server. */
import { statfs } from 'node:fs/promises'
import type { PullEvent } from '../../lib/events/index.js'
import type { RequestReport } from '../../lib/image/index.js'
import type { PullerLoad, Windlass } from '../../puller/index.js'
import { Counter, Histogram, type Metric, type Sample } from './exposition.js'
import { processMetrics } from './process-metrics.js'

/** What the metrics of a server are about. */
export interface MetricParts {
  readonly windlass: Windlass
  readonly version: string
  /** Numbers of pulls that run now, by their states. */
  readonly pulls: () => { readonly running: number; readonly paused: number }
  readonly watchers: () => number
}

/** Bounds of the durations of requests, in seconds: from a cached manifest to a large layer on a slow connection. */
const requestBounds = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600]

/** Bounds of the durations of pulls, in seconds. */
const pullBounds = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800]

/** Counts what happens in a server, and describes it for Prometheus. */
export class ServerMetrics {
  readonly #started = new Counter()
  readonly #ended = new Counter()
  readonly #failures = new Counter()
  readonly #retries = new Counter()
  readonly #reused = new Counter()
  readonly #unpacked = new Counter()
  readonly #warnings = new Counter()
  readonly #requests = new Counter()
  readonly #requestDurations = new Histogram(requestBounds)
  readonly #pullDurations = new Histogram(pullBounds)

  constructor() {
    // Counters without labels are there from the start: a rate needs a first value.
    for (const counter of [this.#started, this.#retries, this.#reused, this.#unpacked, this.#warnings])
      counter.add({}, 0)
    for (const outcome of ['done', 'failed', 'cancelled']) this.#ended.add({ outcome }, 0)
  }

  /** Counts the pulls of `windlass` and their events. */
  follow({ activity }: Pick<Windlass, 'activity'>): void {
    activity.started.subscribe(({ events }) => {
      const layers = new LayerCounts()
      events.subscribe((event) => this.#count(event, layers))
    })
  }

  /** Counts a request to a registry, a token server or a storage. */
  readonly countRequest = ({ role, method, status, error, duration }: RequestReport): void => {
    const outcome = status === undefined ? (error ?? 'none') : String(status)
    this.#requests.add({ role, method, status: outcome })
    this.#requestDurations.observe(duration / 1_000)
  }

  #count(event: PullEvent, layers: LayerCounts): void {
    if (event.type === 'start') this.#started.add()
    if (event.type === 'warning') this.#warnings.add()
    if (event.type === 'plan') this.#reused.add({}, event.bytes.total - event.bytes.toDownload)
    if (event.type === 'layer') {
      if (event.status === 'retrying') this.#retries.add()
      this.#unpacked.add({}, layers.unpackedBy(event))
    }
    if (event.type !== 'end') return
    this.#ended.add({ outcome: event.outcome })
    if (event.duration !== undefined) this.#pullDurations.observe(event.duration / 1_000)
    if (event.outcome === 'failed') this.#failures.add({ code: event.error?.code ?? 'INTERNAL' })
  }

  /** Returns the metrics at this moment. */
  async read({ windlass, version, pulls, watchers }: MetricParts): Promise<readonly Metric[]> {
    const load = windlass.activity.load()
    const { running, paused } = pulls()
    const freeBytes = await freeBytesAt(windlass.store)
    return [
      gauge('windlass_build_info', 'Version of Windlass and of Node; the value is 1.', [
        { labels: { version, node: process.version }, value: 1 },
      ]),
      gauge('windlass_pulls', 'Pulls that have not ended, by state.', [
        { labels: { state: 'running' }, value: running },
        { labels: { state: 'paused' }, value: paused },
      ]),
      counter('windlass_pulls_started_total', 'Pulls that were started.', this.#started.samples),
      counter('windlass_pulls_ended_total', 'Pulls that have ended, by outcome.', this.#ended.samples),
      histogram('windlass_pull_duration_seconds', 'Durations of pulls that have ended.', this.#pullDurations),
      counter(
        'windlass_failures_total',
        'Pulls that have failed, by code of the error.',
        this.#failures.samples,
      ),
      counter('windlass_warnings_total', 'Warnings of pulls.', this.#warnings.samples),
      counter(
        'windlass_retries_total',
        'Retries of downloads, counted for each pull that waits for one.',
        this.#retries.samples,
      ),
      counter('windlass_downloaded_bytes_total', 'Bytes of blobs that were received.', [
        { value: load.received },
      ]),
      counter(
        'windlass_unpacked_bytes_total',
        'Compressed bytes of layers that were unpacked, counted for each pull that needs them.',
        this.#unpacked.samples,
      ),
      counter(
        'windlass_reused_bytes_total',
        'Compressed bytes of layers that the store had when a pull was planned.',
        this.#reused.samples,
      ),
      ...slotMetrics(load, windlass.limits.get()),
      counter(
        'windlass_registry_requests_total',
        'Requests, by what the host is, method, and status or code of the failure.',
        this.#requests.samples,
      ),
      histogram(
        'windlass_registry_request_duration_seconds',
        'Durations of requests, to the end of the body.',
        this.#requestDurations,
      ),
      gauge('windlass_watchers', 'Open streams of messages.', [{ value: watchers() }]),
      gauge(
        'windlass_store_free_bytes',
        'Free bytes of the file system of the store.',
        freeBytes === undefined ? [] : [{ value: freeBytes }],
      ),
      ...processMetrics(),
    ]
  }
}

/** Counts the compressed bytes of the layers of one pull that were unpacked. A layer that is unpacked again counts again. */
class LayerCounts {
  readonly #unpacked = new Map<string, number>()

  /** Returns the number of bytes since the last event of the layer. */
  unpackedBy({
    digest,
    status,
    current,
    total,
    unpacked = 0,
  }: PullEvent & { readonly type: 'layer' }): number {
    const before = this.#unpacked.get(digest)
    if (status === 'complete') {
      this.#unpacked.delete(digest)
      // A layer that is only stored, or found in the store, was never unpacked.
      return before === undefined ? 0 : Math.max(0, total - before)
    }
    const count = status === 'extracting' ? current : unpacked
    if (count === 0 && status !== 'extracting') {
      this.#unpacked.delete(digest)
      return 0
    }
    this.#unpacked.set(digest, count)
    return Math.max(0, count - (before ?? 0))
  }
}

function slotMetrics(
  { downloads, unpacks }: PullerLoad,
  { maxDownloads, maxUnpacks }: { readonly maxDownloads: number; readonly maxUnpacks: number },
): readonly Metric[] {
  const each = (download: number, unpack: number): readonly Sample[] => [
    { labels: { stage: 'download' }, value: download },
    { labels: { stage: 'unpack' }, value: unpack },
  ]
  return [
    gauge(
      'windlass_slots',
      'Maximum number of layers that are processed at the same time, by stage.',
      each(maxDownloads, maxUnpacks),
    ),
    gauge(
      'windlass_slots_in_use',
      'Layers that are processed, by stage.',
      each(downloads.active, unpacks.active),
    ),
    gauge(
      'windlass_queued_layers',
      'Layers that wait for a slot, by stage.',
      each(downloads.waiting, unpacks.waiting),
    ),
  ]
}

const counter = (name: string, help: string, samples: readonly Sample[]): Metric => ({
  name,
  type: 'counter',
  help,
  samples,
})
const gauge = (name: string, help: string, samples: readonly Sample[]): Metric => ({
  name,
  type: 'gauge',
  help,
  samples,
})
const histogram = (name: string, help: string, { samples }: Histogram): Metric => ({
  name,
  type: 'histogram',
  help,
  samples,
})

/** Returns the free bytes; undefined if there is no store yet. */
async function freeBytesAt(directory: string): Promise<number | undefined> {
  return statfs(directory).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => undefined,
  )
}
