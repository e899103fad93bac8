/** Decides what holds the line of layers up, from the states of the layers and the rates of the last second. */
import { holdsDownload, holdsUnpack } from '../../lib/api/slots.js'
import type { Holder } from '../../lib/api/shapes.js'
import type { LayerSnapshot, PullSnapshot } from '../../lib/events/index.js'

/** What the decision depends on. */
export interface Line {
  readonly layers: readonly LayerSnapshot[]
  readonly maxUnpacks: number
  /** Number of layers that all pulls unpack. */
  readonly unpacking: number
  /** Bytes per second that are downloaded, and the maximum. */
  readonly network: number
  readonly maxRate: number
}

/** Share of the maximum rate from which the maximum counts as reached. */
const reached = 0.9

/** Returns what holds the line at this moment; null if nothing is under way. */
export function holderOf({ layers, maxUnpacks, unpacking, network, maxRate }: Line): Holder {
  const downloads = layers.filter(holdsDownload)
  const waiting = layers.filter(({ status, unpacked }) => status === 'downloaded' && unpacked === 0)
  const asked = downloads.filter(({ status, retry }) => status === 'retrying' && isAskedToWait(retry?.reason))
  if (unpacking >= maxUnpacks && waiting.length >= 2) return 'unpacking'
  if (network >= reached * maxRate) return 'limit'
  if (asked.length > 0 && asked.length * 2 >= downloads.length) return 'registry'
  if (downloads.length > 0) return 'network'
  return layers.some(holdsUnpack) || waiting.length > 0 ? 'unpacking' : null
}

const isAskedToWait = (reason = ''): boolean => /429|too many requests|retry-after/i.test(reason)

/** Number of samples of which most decide, so that the answer does not flicker. */
const memory = 5

/** Smooths a sequence of decisions. */
export class SteadyHolder {
  readonly #last: Holder[] = []
  #holder: Holder = null

  /** Returns the holder after one more decision. It changes only if most of the last decisions agree. */
  next(holder: Holder): Holder {
    this.#last.push(holder)
    if (this.#last.length > memory) this.#last.shift()
    const votes = this.#last.filter((each) => each === holder).length
    if (this.#holder === null || holder === null || votes * 2 > memory) this.#holder = holder
    return this.#holder
  }
}

/** Returns the layers of the pulls that transfer or unpack now, each digest once. */
export function activeLayers(snapshots: readonly PullSnapshot[]): readonly LayerSnapshot[] {
  const found = new Map<string, LayerSnapshot>()
  for (const { phase, paused, layers } of snapshots)
    if (phase === 'pulling' && !paused)
      for (const layer of layers) {
        const known = found.get(layer.digest)
        if (!known || layer.fetched + layer.unpacked > known.fetched + known.unpacked)
          found.set(layer.digest, layer)
      }
  return [...found.values()]
}

/** Returns the host that most of the downloads come from. */
export function mainHost(layers: readonly LayerSnapshot[]): string | null {
  const counts = new Map<string, number>()
  for (const { host } of layers.filter(holdsDownload))
    if (host !== undefined) counts.set(host, (counts.get(host) ?? 0) + 1)
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? null
}
