/** Measures the rates of the running pulls once a second, and what holds them. */
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { holdsUnpack } from '../../lib/api/slots.js'
import type { LineSample, PullSample } from '../../lib/api/shapes.js'
import type { LayerSnapshot, PullSnapshot } from '../../lib/events/index.js'
import type { LimitValues } from '../../puller/index.js'
import { SteadyHolder, activeLayers, holderOf, mainHost } from './holder.js'

/** Compressed bytes of a layer so far. */
interface Counts {
  readonly fetched: number
  readonly unpacked: number
}

/** The samples of one second. */
export interface Samples {
  readonly line: LineSample
  readonly pulls: Record<string, PullSample>
}

/** Takes samples of the pulls of one server. */
export class Sampler {
  #at: number | undefined
  /** Counts at the last sample: of layers, by digest, and of the layers of each pull. */
  #line = new Map<string, Counts>()
  #pulls = new Map<string, ReadonlyMap<string, Counts>>()
  readonly #lineHolder = new SteadyHolder()
  readonly #pullHolders = new Map<string, SteadyHolder>()

  /** @param store directory whose file system is measured */
  constructor(private readonly store: string) {}

  /** Forgets the counts: the next sample begins a new measurement. */
  reset(): void {
    this.#at = undefined
  }

  /** Returns a sample of a server at which nothing runs. */
  async idle(now = Date.now()): Promise<LineSample> {
    return {
      at: now,
      network: 0,
      disk: 0,
      holder: null,
      host: null,
      freeBytes: await freeBytesAt(this.store),
    }
  }

  /** Returns the samples since the last call; undefined at the first. `running`: the snapshots of running pulls by id. */
  async take(
    running: ReadonlyMap<string, PullSnapshot>,
    { maxUnpacks, bytesPerSecond: maxRate }: LimitValues,
    now = Date.now(),
  ): Promise<Samples | undefined> {
    const layers = activeLayers([...running.values()])
    const seconds = this.#at === undefined ? undefined : (now - this.#at) / 1_000
    const [lineBefore, pullsBefore] = [this.#line, this.#pulls]
    this.#at = now
    this.#line = countsOf([...running.values()].flatMap((snapshot) => snapshot.layers))
    this.#pulls = new Map([...running].map(([id, snapshot]) => [id, countsOf(snapshot.layers)]))
    if (seconds === undefined || seconds <= 0) return undefined
    const unpacking = layers.filter(holdsUnpack).length
    const line = ratesOf(lineBefore, this.#line, seconds)
    const holder = this.#lineHolder.next(
      holderOf({ layers, maxUnpacks, unpacking, maxRate, network: line.network }),
    )
    const pulls: Record<string, PullSample> = {}
    for (const [id, snapshot] of running) {
      const rates = ratesOf(pullsBefore.get(id) ?? new Map(), this.#pulls.get(id)!, seconds)
      const own = activeLayers([snapshot])
      const held = holderOf({ layers: own, maxUnpacks, unpacking, maxRate, network: line.network })
      const steady = this.#pullHolders.get(id) ?? new SteadyHolder()
      this.#pullHolders.set(id, steady)
      pulls[id] = { at: now, ...rates, holder: steady.next(held) }
    }
    for (const id of this.#pullHolders.keys()) if (!running.has(id)) this.#pullHolders.delete(id)
    const freeBytes = await freeBytesAt(this.store)
    return { line: { at: now, ...line, holder, host: mainHost(layers), freeBytes }, pulls }
  }
}

/** Returns the counts by digest. Of a layer that several pulls share, the highest ones. */
function countsOf(layers: readonly LayerSnapshot[]): Map<string, Counts> {
  const counts = new Map<string, Counts>()
  for (const { digest, status, fetched, unpacked } of layers) {
    const known = counts.get(digest)
    // Bytes that the store had are not transferred.
    if (status === 'exists' && !known) continue
    counts.set(digest, {
      fetched: Math.max(fetched, known?.fetched ?? 0),
      unpacked: Math.max(unpacked, known?.unpacked ?? 0),
    })
  }
  return counts
}

function ratesOf(
  before: ReadonlyMap<string, Counts>,
  after: ReadonlyMap<string, Counts>,
  seconds: number,
): Pick<PullSample, 'network' | 'disk'> {
  let [network, disk] = [0, 0]
  for (const [digest, { fetched, unpacked }] of after) {
    const was = before.get(digest)
    // A layer that was not known before may have bytes of an earlier pull.
    if (!was) continue
    network += Math.max(0, fetched - was.fetched)
    disk += Math.max(0, unpacked - was.unpacked)
  }
  return { network: Math.round(network / seconds), disk: Math.round(disk / seconds) }
}

/** Returns the free bytes of the file system of `directory`, or of its nearest existing parent; null if unknown. */
async function freeBytesAt(directory: string): Promise<number | null> {
  for (let path = directory; ; path = dirname(path))
    try {
      const { bavail, bsize } = await statfs(path)
      return bavail * bsize
    } catch {
      if (path === dirname(path)) return null
    }
}
