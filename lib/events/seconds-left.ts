/** Provides `secondsLeft`, which estimates when a pull will be done. */
import { isDownloading, isUnpacking, rateOf } from './pace.js'
import type { PullPace, PullSnapshot } from './snapshot-state.js'

/** A layer with work left. All counts are of compressed bytes. */
interface Work {
  /** Bytes that are still to be downloaded and unpacked. */
  toDownload: number
  toUnpack: number
  /** Milliseconds until the first byte of its download. */
  wait: number
  /** Whether it has a download or a thread now, and keeps it. */
  downloads: boolean
  unpacks: boolean
}

/** Number of layers up to which every layer is followed to its end. */
const maxFollowed = 200

/** Minimum duration of a measurement that counts, in milliseconds: progress is reported ten times a second. */
const minMeasured = 250

/** Maximum part of a byte that counts as nothing. */
const nothing = 1e-6

/**
 * Estimates the time until all layers are in the store, in seconds: the rest of the work at the rates so far, layer by
 * layer. Undefined before anything was downloaded or unpacked; 0 if nothing is left.
 * @param now milliseconds since 1970; the time since the last event counts as time without progress. Default: the time of
 *   that event.
 */
export function secondsLeft(snapshot: PullSnapshot, now?: number): number | undefined {
  const { phase, layers, totals, pace } = snapshot
  if (phase === 'done' || phase === 'failed' || phase === 'cancelled') return 0
  if (!totals || !pace) return undefined
  const work = layers
    .map((layer): Work => ({
      toDownload: layer.total - layer.fetched,
      toUnpack: totals.toUnpack > 0 ? layer.total - layer.unpacked : 0,
      wait: layer.fetched > 0 ? 0 : pace.latency,
      downloads: isDownloading(layer),
      unpacks: isUnpacking(layer),
    }))
    .filter(({ toDownload, toUnpack }) => toDownload > 0 || toUnpack > 0)
  const silence = Math.max(0, (now ?? pace.at) - pace.at)
  const download = rateOf(later(pace.download, work.some(({ downloads }) => downloads) ? silence : 0))
  const held = work.some(isHeld) ? silence : 0
  // Without a measurement, unpacking has kept up with the downloads.
  const isMeasured = pace.unpackHeld.milliseconds >= minMeasured
  const unpackHeld = (isMeasured ? rateOf(later(pace.unpackHeld, held)) : undefined) ?? Infinity
  const unpack = Math.max(unpackHeld, rateOf(later(pace.unpack, held)) ?? 0)
  if (download === undefined && work.some(({ toDownload }) => toDownload > 0)) return undefined
  const rates = { download: download ?? Infinity, unpack }
  return (work.length > maxFollowed ? bound(work, rates) : follow(work, rates, pace)) / 1_000
}

const isHeld = ({ toDownload, unpacks }: Work): boolean => unpacks && toDownload <= 0

const later = ({ bytes, milliseconds }: PullPace['download'], silence: number): PullPace['download'] => ({
  bytes,
  milliseconds: milliseconds + silence,
})

/** Bytes per millisecond of all downloads together, and of all unpacking together. */
interface Rates {
  readonly download: number
  readonly unpack: number
}

const bound = (work: readonly Work[], { download, unpack }: Rates): number =>
  Math.max(
    work.reduce((sum, { toDownload }) => sum + toDownload, 0) / download,
    work.reduce((sum, { toUnpack }) => sum + toUnpack, 0) / unpack,
  )

/**
 * Follows the layers to the end of the last one. Downloads share the rate of downloading, and threads that of unpacking; a
 * layer is unpacked no faster than it arrives. Returns milliseconds.
 */
function follow(all: readonly Work[], { download, unpack }: Rates, pace: PullPace): number {
  let time = 0
  let work = [...all]
  for (let rounds = 0; work.length > 0 && rounds < 8 * all.length + 6; rounds++) {
    take(work, 'downloads', pace.downloads, ({ toDownload }) => toDownload > nothing)
    take(work, 'unpacks', pace.unpacks, ({ toDownload, toUnpack }) => toUnpack > toDownload + nothing)
    take(work, 'unpacks', pace.unpacks, ({ downloads, toUnpack }) => toUnpack > nothing && downloads)
    const arriving = download / count(work, ({ downloads, wait }) => downloads && wait <= 0)
    const reading = unpack / count(work, ({ unpacks }) => unpacks)
    const steps = work.map((each) => {
      const waits = each.downloads && each.wait > 0
      const down = each.downloads && !waits ? arriving : 0
      const lag = each.toUnpack - each.toDownload
      const up = !each.unpacks ? 0 : lag > nothing ? reading : Math.min(reading, down)
      const untilDown = waits ? each.wait : each.downloads ? each.toDownload / down : Infinity
      const untilUp = lag > nothing && up > down ? (up === Infinity ? 0 : lag / (up - down)) : Infinity
      return { each, down, up, waits, until: Math.min(untilDown, untilUp) }
    })
    const passed = Math.min(...steps.map(({ until }) => until))
    if (passed === Infinity) break
    for (const { each, down, up, waits } of steps) {
      if (waits) each.wait -= passed
      each.toDownload = Math.max(0, each.toDownload - down * passed)
      each.toUnpack = up === Infinity ? each.toDownload : Math.max(0, each.toUnpack - up * passed)
      if (each.toDownload <= nothing) each.downloads = false
      if (each.toUnpack <= nothing) each.unpacks = false
    }
    work = work.filter(({ toDownload, toUnpack }) => toDownload > nothing || toUnpack > nothing)
    time += passed
  }
  return time
}

/** Gives free slots to layers that need one, in their order. */
function take(
  work: readonly Work[],
  what: 'downloads' | 'unpacks',
  slots: number,
  needs: (each: Work) => boolean,
): void {
  let free = Math.max(1, slots) - work.filter((each) => each[what]).length
  for (const each of work) {
    if (free <= 0) return
    if (each[what] || !needs(each)) continue
    each[what] = true
    free--
  }
}

const count = (work: readonly Work[], counts: (each: Work) => boolean): number =>
  Math.max(1, work.filter(counts).length)
