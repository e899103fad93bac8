/** Compares contenders on one image with a cold store, in a different order each round. */
import { execFileSync } from 'node:child_process'
import type { Cost } from './shared/measured.js'
import { reasonOf } from './peers/all-peers.js'
import type { Peer, Work } from './peers/peer.js'
import { shuffle, type Spread, spreadOf } from '../puller/bench/statistics.js'

export interface ContenderResult {
  readonly name: string
  readonly version: string
  /** Seconds. */
  readonly wall: Spread
  readonly cpu: Spread
  /** Bytes. */
  readonly memory: Spread
}

export interface Left {
  readonly name: string
  /** Reason why the contender has no result. */
  readonly reason: string
}

export interface Comparison {
  /** Image of the pull; empty if the work is not a pull. */
  readonly image: string
  /** `version`: only the start of the command line is measured. */
  readonly work: Work | 'version'
  readonly store: 'tmpfs' | 'disk' | ''
  /** Rate and latency as `<Mbit/s>/<milliseconds>`; empty for loopback. */
  readonly link: string
  /** Total compressed size of the layers in bytes. */
  readonly bytes: number
  readonly date: string
  readonly contenders: readonly ContenderResult[]
  readonly failed: readonly Left[]
}

export interface CompareOptions extends Pick<Comparison, 'image' | 'store' | 'link' | 'bytes'> {
  readonly work: Work
  readonly reference: string
  /** Directory of the stores. */
  readonly stores: string
  readonly runs: number
}

/**
 * Compares contenders. One that fails twice in a round is reported with the reason and excluded, with its earlier
 * results.
 */
export async function compare(contenders: readonly Peer[], options: CompareOptions): Promise<Comparison> {
  const { image, work, store, link, bytes } = options
  const costs = new Map(
    contenders.filter(({ works }) => works.includes(work)).map((peer) => [peer, new Array<Cost>()]),
  )
  const failed: Left[] = []
  for (let round = 0; round < options.runs; round++)
    for (const peer of shuffle([...costs.keys()], round)) {
      const about = `${image}, ${work}, ${store}${link === '' ? '' : `, ${link}`}: ${peer.name}`
      try {
        const cost = await once(peer, options).catch(() => once(peer, options))
        costs.get(peer)!.push(cost)
        process.stderr.write(`${round + 1}: ${about}: ${cost.wall.toFixed(3)} s\n`)
      } catch (error) {
        costs.delete(peer)
        failed.push({ name: peer.name, reason: reasonOf(error) })
        process.stderr.write(`FAILED: ${about}: ${reasonOf(error)}\n`)
      }
    }
  return {
    ...{ image, work, store, link, bytes, date: new Date().toISOString() },
    contenders: [...costs].map(([{ name, version }, of]) => resultOf(name, version, of)),
    failed,
  }
}

export const resultOf = (name: string, version: string, costs: readonly Cost[]): ContenderResult => ({
  ...{ name, version },
  wall: spreadOf(costs.map(({ wall }) => wall)),
  cpu: spreadOf(costs.map(({ cpu }) => cpu)),
  memory: spreadOf(costs.map(({ memory }) => memory)),
})

async function once(peer: Peer, { reference, work, store, stores }: CompareOptions): Promise<Cost> {
  try {
    await peer.prepare()
    if (work === 'again') await peer.run(reference, peer.filledBy ?? 'unpack')
    // Dirty pages of one contender are written back before the next one is measured.
    if (store === 'disk') execFileSync('sync', ['-f', stores])
    return await peer.run(reference, work)
  } finally {
    await peer.clear()
  }
}
