/** Provides `PullMetrics`, the instruments that measure pulls. */
import type { Attributes, BatchObservableCallback, Meter } from '@opentelemetry/api'
import type { PullEvent } from '../events/index.js'
import { requestAttributes } from './attributes.js'

/** Jobs that hold a slot, and jobs that wait for one. */
interface SlotLoad {
  readonly active: number
  readonly waiting: number
}

/** What the instruments observe: see `Windlass.activity` and `Windlass.limits`. */
export interface MeasuredPuller {
  load(): { readonly downloads: SlotLoad; readonly unpacks: SlotLoad; readonly received: number }
  limits(): { readonly maxDownloads: number; readonly maxUnpacks: number }
}

/** The instruments of one puller. Units follow UCUM, as the semantic conventions ask for. */
export class PullMetrics {
  readonly #stop: () => void
  readonly #durations
  readonly #failures
  readonly #retries
  readonly #reused
  readonly #requests

  constructor(meter: Meter, puller: MeasuredPuller) {
    this.#durations = meter.createHistogram('windlass.pull.duration', {
      unit: 's',
      description: 'Durations of pulls and copies, by outcome.',
    })
    this.#failures = meter.createCounter('windlass.failures', {
      unit: '{pull}',
      description: 'Pulls and copies that have failed, by code of the error.',
    })
    this.#retries = meter.createCounter('windlass.retries', {
      unit: '{retry}',
      description: 'Retries of downloads.',
    })
    this.#reused = meter.createCounter('windlass.bytes.reused', {
      unit: 'By',
      description: 'Compressed bytes of layers that the store had when a pull was planned.',
    })
    this.#requests = meter.createHistogram('http.client.request.duration', {
      unit: 's',
      description: 'Durations of requests to registries.',
    })
    this.#stop = observe(meter, puller)
  }

  /** Measures an event of a pull. */
  add(event: PullEvent): void {
    if (event.type === 'plan') this.#reused.add(event.bytes.total - event.bytes.toDownload)
    if (event.type === 'layer' && event.status === 'retrying') this.#retries.add(1)
    if (event.type === 'request') this.#requests.record(event.duration / 1_000, requestAttributes(event))
    if (event.type !== 'end') return
    const { outcome, error, duration = 0 } = event
    const failure: Attributes = error ? { 'error.type': error.code } : {}
    this.#durations.record(duration / 1_000, { 'windlass.pull.outcome': outcome, ...failure })
    if (outcome === 'failed') this.#failures.add(1, failure)
  }

  /** Ends the observation of slots and bytes. */
  stop(): void {
    this.#stop()
  }
}

const download: Attributes = { 'windlass.stage': 'download' }
const unpack: Attributes = { 'windlass.stage': 'unpack' }

/** Observes the slots and the received bytes when metrics are collected. Returns the function that ends this. */
function observe(meter: Meter, puller: MeasuredPuller): () => void {
  const received = meter.createObservableCounter('windlass.bytes.received', {
    unit: 'By',
    description: 'Bytes of blobs that were received.',
  })
  const layer = { unit: '{layer}' }
  const slots = meter.createObservableUpDownCounter('windlass.slots.limit', {
    ...layer,
    description: 'Maximum number of layers that are processed at the same time, by stage.',
  })
  const inUse = meter.createObservableUpDownCounter('windlass.slots.usage', {
    ...layer,
    description: 'Layers that are processed, by stage.',
  })
  const queued = meter.createObservableUpDownCounter('windlass.queue.length', {
    ...layer,
    description: 'Layers that wait for a slot, by stage.',
  })
  const all = [received, slots, inUse, queued]
  const callback: BatchObservableCallback = (result) => {
    const { downloads, unpacks, received: bytes } = puller.load()
    const { maxDownloads, maxUnpacks } = puller.limits()
    result.observe(received, bytes)
    result.observe(slots, maxDownloads, download)
    result.observe(slots, maxUnpacks, unpack)
    result.observe(inUse, downloads.active, download)
    result.observe(inUse, unpacks.active, unpack)
    result.observe(queued, downloads.waiting, download)
    result.observe(queued, unpacks.waiting, unpack)
  }
  meter.addBatchObservableCallback(callback, all)
  return () => meter.removeBatchObservableCallback(callback, all)
}
