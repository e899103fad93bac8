/** Measures how fast a pull downloads and unpacks. */
import type { LayerStatus } from './event.js'
import type { LayerSnapshot, MeasuredRate, PullPace } from './snapshot-state.js'

/** Minimum time in which the weight of a measurement falls to a third, in milliseconds. */
const minMemory = 10_000

/**
 * Bytes that arrived in this time may be unread although nothing but the download holds up the unpacking: progress is
 * reported ten times a second.
 */
const reportDelay = 250

const downloading: ReadonlySet<LayerStatus> = new Set(['downloading', 'copying'])

/** Bytes that came without a transfer. */
const withoutTransfer: ReadonlySet<LayerStatus> = new Set(['exists', 'mounted'])

/** Reports whether the layer is being fetched. */
export const isDownloading = ({ status }: LayerSnapshot): boolean => downloading.has(status)

/** Reports whether a thread unpacks the layer. */
export const isUnpacking = ({ status, unpacked, total }: LayerSnapshot): boolean =>
  (status === 'extracting' || unpacked > 0) && unpacked < total

/** Returns the pace of a pull whose plan was made `at`. */
export const startPace = (at: number): PullPace => ({
  ...{ since: at, at, latency: 0, downloads: 0, unpacks: 0 },
  download: { bytes: 0, milliseconds: 0 },
  unpack: { bytes: 0, milliseconds: 0 },
  unpackHeld: { bytes: 0, milliseconds: 0 },
})

/** Returns the bytes per millisecond; undefined if there is no measurement. */
export const rateOf = ({ bytes, milliseconds }: MeasuredRate): number | undefined =>
  bytes > 0 && milliseconds > 0 ? bytes / milliseconds : undefined

/** The layers before and after an event. */
export interface LayerChange {
  readonly before: readonly LayerSnapshot[]
  readonly after: readonly LayerSnapshot[]
  /** Time of the event, in milliseconds since 1970. */
  readonly at: number
}

/** Returns the pace after an event of a layer. */
export function measurePace(pace: PullPace, { before, after, at }: LayerChange): PullPace {
  const passed = Math.max(0, at - pace.at)
  const weight = Math.exp(-passed / Math.max(minMemory, (at - pace.since) / 2))
  const known = new Map(before.map((layer) => [layer.digest, layer]))
  const grown = (count: (layer: LayerSnapshot) => number): number =>
    after.reduce((sum, layer) => {
      const was = known.get(layer.digest)
      return was && !withoutTransfer.has(layer.status) ? sum + Math.max(0, count(layer) - count(was)) : sum
    }, 0)
  const downloads = before.filter(isDownloading)
  const fetched = grown((layer) => layer.fetched)
  const unpacked = grown((layer) => layer.unpacked)
  const hasBytes = pace.download.bytes > 0 || downloads.some((layer) => layer.fetched > 0)
  const waitsForFirst = downloads.length > 0 && !hasBytes
  // A subscriber that joined late learns of bytes whose download it has not seen.
  const flows = !waitsForFirst && (downloads.length > 0 || fetched > 0)
  const lag = (rateOf(pace.download) ?? 0) * reportDelay
  const isHeld = (layer: LayerSnapshot): boolean =>
    layer.fetched < layer.total
      ? layer.fetched - layer.unpacked > lag
      : pace.at - (layer.fetchedAt ?? 0) > reportDelay
  const held = before.some((layer) => isUnpacking(layer) && isHeld(layer))
  return {
    since: pace.since,
    at: Math.max(pace.at, at),
    latency: waitsForFirst ? pace.latency + passed : pace.latency,
    download: plus(pace.download, flows ? weight : 1, flows ? passed : 0, fetched),
    unpack:
      before.some(isUnpacking) || unpacked > 0 ? plus(pace.unpack, weight, passed, unpacked) : pace.unpack,
    unpackHeld: held ? plus(pace.unpackHeld, weight, passed, unpacked) : pace.unpackHeld,
    downloads: Math.max(pace.downloads, after.filter(isDownloading).length),
    unpacks: Math.max(pace.unpacks, after.filter(isUnpacking).length),
  }
}

const plus = (
  { bytes, milliseconds }: MeasuredRate,
  weight: number,
  passed: number,
  more: number,
): MeasuredRate => ({ bytes: bytes * weight + more, milliseconds: milliseconds * weight + passed })
