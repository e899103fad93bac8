/** Measures how fast a pull downloads and unpacks. */
import type { LayerStatus } from './event.js'
import type { LayerSnapshot, MeasuredRate, PullPace } from './snapshot-state.js'

/**
 * Milliseconds after which the weight of a measurement has fallen to 1/e. In longer pulls, half of the time since the
 * plan.
 */
const minMemory = 10_000

/**
 * Milliseconds by which reported byte counts may be late (they are reported every 100 ms). Unpacking is behind the
 * download only if bytes that were fetched earlier than this are not unpacked.
 */
const reportDelay = 250

/** Minimum duration of a measurement with one number of downloads, in milliseconds. */
const minMeasured = 500

const downloadingStatuses: ReadonlySet<LayerStatus> = new Set(['downloading', 'copying'])

/** Statuses of layers whose bytes the target had already. */
const statusesWithoutTransfer: ReadonlySet<LayerStatus> = new Set(['exists', 'mounted'])

/** Returns whether the layer is being fetched. */
export const isDownloading = ({ status }: LayerSnapshot): boolean => downloadingStatuses.has(status)

/** Returns whether bytes of the layer are arriving: not if its first byte is still to come. */
const isReceiving = (layer: LayerSnapshot): boolean => isDownloading(layer) && layer.fetched > 0

/** Returns whether the layer is being unpacked. */
export const isUnpacking = ({ status, unpacked, total }: LayerSnapshot): boolean =>
  (status === 'extracting' || unpacked > 0) && unpacked < total

/** Returns the pace of a pull at its `plan` event. `at` is in milliseconds since 1970. */
export const startPace = (at: number): PullPace => ({
  ...{ since: at, at, latency: 0, downloads: 0, unpacks: 0 },
  download: { bytes: 0, milliseconds: 0 },
  downloadBy: [],
  unpack: { bytes: 0, milliseconds: 0 },
  unpackHeld: { bytes: 0, milliseconds: 0 },
})

/** Returns bytes per millisecond; undefined without a measurement. */
export const rateOf = ({ bytes, milliseconds }: MeasuredRate): number | undefined =>
  bytes > 0 && milliseconds > 0 ? bytes / milliseconds : undefined

/** The layers before and after an event, in the same order; new layers are at the end. */
export interface LayerChange {
  readonly before: readonly LayerSnapshot[]
  readonly after: readonly LayerSnapshot[]
  /** Time of the event, in milliseconds since 1970. */
  readonly at: number
}

/** Returns the pace after a layer event. Older bytes and times are multiplied by a weight that falls with time. */
export function measurePace(pace: PullPace, { before, after, at }: LayerChange): PullPace {
  const elapsed = Math.max(0, at - pace.at)
  const weight = Math.exp(-elapsed / Math.max(minMemory, (at - pace.since) / 2))
  const changes = after.flatMap((layer, index) => {
    const previous = before[index]
    return previous === undefined || previous === layer || statusesWithoutTransfer.has(layer.status)
      ? []
      : [{ previous, layer }]
  })
  const growthOf = (count: (layer: LayerSnapshot) => number): number =>
    changes.reduce((sum, { previous, layer }) => sum + Math.max(0, count(layer) - count(previous)), 0)
  const downloads = before.filter(isDownloading)
  const fetched = growthOf((layer) => layer.fetched)
  const unpacked = growthOf((layer) => layer.unpacked)
  const hasBytes = pace.download.bytes > 0 || downloads.some((layer) => layer.fetched > 0)
  const waitsForFirst = downloads.length > 0 && !hasBytes
  // A subscriber that joined late may learn of fetched bytes without having seen a layer with the status `downloading`.
  const isTransferring = !waitsForFirst && (downloads.length > 0 || fetched > 0)
  const bytesWithinDelay = (rateOf(pace.download) ?? 0) * reportDelay
  const waitsForUnpacking = (layer: LayerSnapshot): boolean =>
    layer.fetched < layer.total
      ? layer.fetched - layer.unpacked > bytesWithinDelay
      : pace.at - (layer.fetchedAt ?? 0) > reportDelay
  const isUnpackingBehind = before.some((layer) => isUnpacking(layer) && waitsForUnpacking(layer))
  return {
    since: pace.since,
    at: Math.max(pace.at, at),
    latency: waitsForFirst ? pace.latency + elapsed : pace.latency,
    download: addMeasurement(
      pace.download,
      isTransferring ? weight : 1,
      isTransferring ? elapsed : 0,
      fetched,
    ),
    downloadBy: isTransferring
      ? withMeasurement(pace.downloadBy, Math.max(1, before.filter(isReceiving).length), (known) =>
          addMeasurement(known, weight, elapsed, fetched),
        )
      : pace.downloadBy,
    unpack:
      before.some(isUnpacking) || unpacked > 0
        ? addMeasurement(pace.unpack, weight, elapsed, unpacked)
        : pace.unpack,
    unpackHeld: isUnpackingBehind
      ? addMeasurement(pace.unpackHeld, weight, elapsed, unpacked)
      : pace.unpackHeld,
    downloads: Math.max(pace.downloads, after.filter(isDownloading).length),
    unpacks: Math.max(pace.unpacks, after.filter(isUnpacking).length),
  }
}

/** Returns the rates with that of `count` downloads changed. */
const withMeasurement = (
  rates: readonly MeasuredRate[],
  count: number,
  change: (known: MeasuredRate) => MeasuredRate,
): readonly MeasuredRate[] =>
  Array.from({ length: Math.max(rates.length, count) }, (_, index) => {
    const known = rates[index] ?? { bytes: 0, milliseconds: 0 }
    return index === count - 1 ? change(known) : known
  })

/**
 * Returns the bytes per millisecond of all downloads together while `count` of them receive bytes; undefined if that was not measured
 * for long enough.
 */
export function rateWith(rates: readonly MeasuredRate[], count: number): number | undefined {
  const rate = rates[count - 1]
  return rate && rate.milliseconds >= minMeasured ? rateOf(rate) : undefined
}

const addMeasurement = (
  { bytes, milliseconds }: MeasuredRate,
  weight: number,
  elapsed: number,
  newBytes: number,
): MeasuredRate => ({ bytes: bytes * weight + newBytes, milliseconds: milliseconds * weight + elapsed })
