/** A pull in virtual time: a link and a disk of given rates, three downloads and two threads, and the events of it all. */
import {
  emptySnapshot,
  PullEventLog,
  reduce,
  type PullEventBody,
  type PullSnapshot,
} from '../../lib/events/index.js'

export interface SimulatedMachine {
  /** Bytes per second that all downloads share. */
  readonly link: number
  /** Bytes per second of each download (no limit of its own). */
  readonly perDownload?: number
  /** Milliseconds before the first byte of a layer. */
  readonly latency: number
  /** Compressed bytes per second that all threads share. */
  readonly disk: number
}

/** The state at one time. */
export interface Sample {
  /** Milliseconds since the plan. */
  readonly at: number
  readonly state: PullSnapshot
}

interface Layer {
  readonly digest: string
  readonly size: number
  fetched: number
  unpacked: number
  /** Milliseconds until the first byte; undefined until it has a slot. */
  wait: number | undefined
  unpacking: boolean
  over: boolean
}

/** Milliseconds between two steps. */
const step = 10
const slots = { downloads: 3, threads: 2 }
/** Milliseconds in which an unpacked layer is committed, and then the image. */
const commit = 30

/** Runs a pull of layers of these sizes. Returns the state every 100 ms, and the duration in milliseconds. */
export function simulatePull(
  sizes: readonly number[],
  { link, perDownload = Infinity, latency, disk }: SimulatedMachine,
): { readonly samples: readonly Sample[]; readonly duration: number } {
  let now = 0
  let state = emptySnapshot
  const samples: Sample[] = []
  const log = new PullEventLog(() => new Date(now))
  log.events.subscribe((event) => (state = reduce(state, event)))
  const emit = (body: PullEventBody): void => log.emit(body)
  const layers = sizes.map((size, at): Layer => ({
    ...{ digest: `sha256:${at}`, size, fetched: 0, unpacked: 0, wait: undefined },
    ...{ unpacking: false, over: false },
  }))
  const total = sizes.reduce((sum, size) => sum + size, 0)
  emit({ type: 'start', reference: 'simulated', platform: 'linux/amd64' })
  emit({
    type: 'plan',
    layers: layers.map(({ digest, size }) => ({ digest, size, action: 'download', offset: 0 })),
    bytes: { total, toDownload: total },
  })
  const tell = (layer: Layer, status: 'downloading' | 'downloaded' | 'extracting' | 'complete'): void =>
    emit({
      ...{ type: 'layer', digest: layer.digest, status, total: layer.size },
      current: Math.floor(status === 'extracting' ? layer.unpacked : layer.fetched),
    })
  const downloads = (): Layer[] =>
    layers.filter(({ wait, fetched, size }) => wait !== undefined && fetched < size)
  const threads = (): Layer[] => layers.filter(({ unpacking }) => unpacking)
  const committing: { layer: Layer; left: number }[] = []

  while (layers.some(({ over }) => !over)) {
    for (const layer of layers) {
      if (downloads().length >= slots.downloads) break
      if (layer.wait !== undefined) continue
      layer.wait = latency
      tell(layer, 'downloading')
    }
    // Layers that have arrived go first, as in the pool.
    for (const whole of [true, false])
      for (const layer of layers) {
        if (threads().length >= slots.threads) break
        const waits = layer.unpacked === 0 && !layer.unpacking && layer.fetched > 0 && !layer.over
        if (
          waits &&
          (layer.fetched === layer.size) === whole &&
          !committing.some((each) => each.layer === layer)
        )
          layer.unpacking = true
      }
    now += step
    const receiving = downloads().filter((layer) => (layer.wait = layer.wait! - step) < 0)
    const rate = Math.min(perDownload, link / receiving.length)
    for (const layer of receiving) {
      layer.fetched = Math.min(layer.size, layer.fetched + (rate * step) / 1_000)
      tell(layer, layer.fetched === layer.size ? 'downloaded' : 'downloading')
    }
    for (let left = (disk * step) / 1_000, busy = threads(); left > 1e-9 && busy.length > 0;) {
      const share = left / busy.length
      for (const layer of busy) {
        const read = Math.min(share, layer.fetched - layer.unpacked)
        layer.unpacked += read
        left -= read
      }
      busy = busy.filter(({ fetched, unpacked }) => fetched - unpacked > 1e-9)
    }
    for (const layer of threads()) {
      tell(layer, 'extracting')
      if (layer.unpacked < layer.size - 1e-6) continue
      layer.unpacking = false
      committing.push({ layer, left: commit })
    }
    for (const each of committing) {
      if (each.layer.over || (each.left -= step) > 0) continue
      each.layer.over = true
      tell(each.layer, 'complete')
    }
    if (now % 100 === 0) samples.push({ at: now, state })
  }
  now += commit
  emit({ type: 'end', outcome: 'done' })
  samples.push({ at: now, state })
  return { samples, duration: now }
}
