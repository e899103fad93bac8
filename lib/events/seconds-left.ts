/** Provides `secondsLeft`, which estimates when a pull will be done. */
import { isDownloading, isUnpacking, rateOf, rateWith } from './pace.js'
import type { PullPace, PullSnapshot } from './snapshot-state.js'

/** A layer with work left. All counts are of compressed bytes. */
interface RemainingWork {
  /** Bytes left to download. */
  toDownload: number
  /** Bytes left to unpack, including those left to download. */
  toUnpack: number
  /** Milliseconds until the first byte of its download arrives. */
  latencyLeft: number
  /** Whether it is being downloaded. */
  hasDownload: boolean
  /** Whether a thread unpacks it. */
  hasThread: boolean
}

/** Maximum number of layers that are simulated one by one. For more, the estimate is a lower bound. */
const maxSimulated = 200

/** Minimum duration of a reliable measurement, in milliseconds. Progress is reported every 100 ms. */
const minMeasured = 250

/** Bytes below this are rounding errors. */
const negligible = 1e-6

/**
 * Estimates the seconds until all layers are in the store, by a simulation of the remaining work at the rates so far.
 * Returns undefined before anything was downloaded or unpacked, and 0 if the pull has ended.
 * @param now milliseconds since 1970; the time since the last event counts as time without progress. Default: the time
 *   of the last event.
 */
export function secondsLeft(snapshot: PullSnapshot, now?: number): number | undefined {
  const { phase, layers, totals, pace } = snapshot
  if (phase === 'done' || phase === 'failed' || phase === 'cancelled') return 0
  if (!totals || !pace) return undefined
  const work = layers
    .map((layer): RemainingWork => ({
      toDownload: layer.total - layer.fetched,
      toUnpack: totals.toUnpack > 0 ? layer.total - layer.unpacked : 0,
      latencyLeft: layer.fetched > 0 ? 0 : pace.latency,
      // A layer with all its bytes may count as downloaded a moment longer. It needs no time any more.
      hasDownload: isDownloading(layer) && layer.fetched < layer.total,
      hasThread: isUnpacking(layer),
    }))
    .filter(({ toDownload, toUnpack }) => toDownload > 0 || toUnpack > 0)
  const silence = Math.max(0, (now ?? pace.at) - pace.at)
  const download = rateOf(
    addSilence(pace.download, work.some(({ hasDownload }) => hasDownload) ? silence : 0),
  )
  const unpackSilence = work.some(isOnlyUnpacking) ? silence : 0
  // If the rate could not be measured, unpacking has always kept up with the downloads: they alone set the pace.
  const isMeasured = pace.unpackHeld.milliseconds >= minMeasured
  const unpackHeld = (isMeasured ? rateOf(addSilence(pace.unpackHeld, unpackSilence)) : undefined) ?? Infinity
  const unpack = Math.max(unpackHeld, rateOf(addSilence(pace.unpack, unpackSilence)) ?? 0)
  if (download === undefined && work.some(({ toDownload }) => toDownload > 0)) return undefined
  const rates = {
    download: download ?? Infinity,
    // Silence is the same share of every rate.
    downloadBy: (count: number) =>
      (rateWith(pace.downloadBy, count) ?? rateOf(pace.download) ?? Infinity) *
      ((download ?? 1) / (rateOf(pace.download) ?? download ?? 1)),
    unpack,
  }
  return (work.length > maxSimulated ? lowerBound(work, rates) : simulate(work, rates, pace)) / 1_000
}

/** Returns whether the layer is downloaded, and a thread is unpacking it. */
const isOnlyUnpacking = ({ toDownload, hasThread }: RemainingWork): boolean => hasThread && toDownload <= 0

const addSilence = (
  { bytes, milliseconds }: PullPace['download'],
  silence: number,
): PullPace['download'] => ({
  bytes,
  milliseconds: milliseconds + silence,
})

/** Bytes per millisecond of all downloads together, and of all unpacking together. */
interface Rates {
  readonly download: number
  readonly unpack: number
  /** Rate of all downloads together if `count` of them receive bytes. */
  readonly downloadBy: (count: number) => number
}

/** Returns the milliseconds that the work takes at least. */
const lowerBound = (
  work: readonly RemainingWork[],
  { download, unpack }: Pick<Rates, 'download' | 'unpack'>,
): number =>
  Math.max(
    work.reduce((sum, { toDownload }) => sum + toDownload, 0) / download,
    work.reduce((sum, { toUnpack }) => sum + toUnpack, 0) / unpack,
  )

/**
 * Simulates the work until the last layer is complete, and returns the milliseconds that it takes. A step lasts until
 * a download delivers its first byte or ends, or the unpacking of a layer ends or catches up with its download. Downloads
 * share the rate that their number had so far, and threads the total unpacking rate. A layer is unpacked at most as fast as it arrives.
 */
function simulate(all: readonly RemainingWork[], { downloadBy, unpack }: Rates, pace: PullPace): number {
  let time = 0
  let work = [...all]
  for (let rounds = 0; work.length > 0 && rounds < 8 * all.length + 6; rounds++) {
    assignSlots(work, 'hasDownload', pace.downloads, ({ toDownload }) => toDownload > negligible)
    assignSlots(
      work,
      'hasThread',
      pace.unpacks,
      ({ toDownload, toUnpack }) => toUnpack > toDownload + negligible,
    )
    assignSlots(
      work,
      'hasThread',
      pace.unpacks,
      ({ hasDownload, toUnpack }) => toUnpack > negligible && hasDownload,
    )
    const receiving = countAtLeastOne(work, ({ hasDownload, latencyLeft }) => hasDownload && latencyLeft <= 0)
    const rateOfDownload = downloadBy(receiving) / receiving
    const rateOfThread = unpack / countAtLeastOne(work, ({ hasThread }) => hasThread)
    const steps = work.map((each) => {
      const isWaiting = each.hasDownload && each.latencyLeft > 0
      const downloadRate = each.hasDownload && !isWaiting ? rateOfDownload : 0
      const bytesToRead = each.toUnpack - each.toDownload
      const unpackRate = !each.hasThread
        ? 0
        : bytesToRead > negligible
          ? rateOfThread
          : Math.min(rateOfThread, downloadRate)
      const untilDownloaded = isWaiting
        ? each.latencyLeft
        : each.hasDownload
          ? each.toDownload / downloadRate
          : Infinity
      const untilCaughtUp =
        bytesToRead > negligible && unpackRate > downloadRate
          ? unpackRate === Infinity
            ? 0
            : bytesToRead / (unpackRate - downloadRate)
          : Infinity
      return { each, downloadRate, unpackRate, isWaiting, until: Math.min(untilDownloaded, untilCaughtUp) }
    })
    const duration = Math.min(...steps.map(({ until }) => until))
    if (duration === Infinity) break
    for (const { each, downloadRate, unpackRate, isWaiting } of steps) {
      if (isWaiting) each.latencyLeft -= duration
      each.toDownload = Math.max(0, each.toDownload - downloadRate * duration)
      each.toUnpack =
        unpackRate === Infinity ? each.toDownload : Math.max(0, each.toUnpack - unpackRate * duration)
      if (each.toDownload <= negligible) each.hasDownload = false
      if (each.toUnpack <= negligible) each.hasThread = false
    }
    work = work.filter(({ toDownload, toUnpack }) => toDownload > negligible || toUnpack > negligible)
    time += duration
  }
  return time
}

/** Gives free slots to layers that need one, in the order of the layers. */
function assignSlots(
  work: readonly RemainingWork[],
  flag: 'hasDownload' | 'hasThread',
  slots: number,
  needs: (each: RemainingWork) => boolean,
): void {
  let free = Math.max(1, slots) - work.filter((each) => each[flag]).length
  for (const each of work) {
    if (free <= 0) return
    if (each[flag] || !needs(each)) continue
    each[flag] = true
    free--
  }
}

/** Returns how many layers satisfy `counts`, but at least 1, because rates are divided by it. */
const countAtLeastOne = (work: readonly RemainingWork[], counts: (each: RemainingWork) => boolean): number =>
  Math.max(1, work.filter(counts).length)
