/** Runs every contender on one image, cold, in another order each round. */
import { compareTrees, describeTree, type Difference } from '../lib/testing/tree/index.js'
import type { Cost } from './measured.js'
import type { Peer, Work } from './peers/peer.js'
import { shuffled, type Spread, spreadOf } from './statistics.js'

export interface ContenderResult {
  readonly name: string
  readonly version: string
  readonly wall: Spread
  readonly cpu: Spread
  readonly memory: Spread
}

export interface Comparison {
  readonly image: string
  readonly work: Work
  readonly store: 'tmpfs' | 'disk'
  readonly link: string
  readonly contenders: readonly ContenderResult[]
}

export interface CompareOptions extends Omit<Comparison, 'contenders'> {
  readonly reference: string
  readonly runs: number
}

export async function compare(
  contenders: readonly Peer[],
  { reference, runs, ...about }: CompareOptions,
): Promise<Comparison> {
  const taking = contenders.filter(({ works }) => works.includes(about.work))
  const costs = new Map(taking.map((peer) => [peer, new Array<Cost>()]))
  for (let round = 0; round < runs; round++)
    for (const peer of shuffled(taking, round)) {
      await peer.prepare()
      costs.get(peer)!.push(await peer.run(reference, about.work))
      process.stderr.write(`${about.image}, ${about.work}, ${about.store}: ${peer.name}\n`)
    }
  return {
    ...about,
    contenders: [...costs].map(([{ name, version }, of]) => ({
      ...{ name, version },
      wall: spreadOf(of.map(({ wall }) => wall)),
      cpu: spreadOf(of.map(({ cpu }) => cpu)),
      memory: spreadOf(of.map(({ memory }) => memory)),
    })),
  }
}

/**
 * Forgiven: times of directories, which an unpacker may take from a later layer or from the clock where none lists them;
 * and the mode of the root itself, which containers/storage makes 0555 whatever the image says.
 */
const byHabit = ({ path, attribute, entries: { left } }: Difference): boolean =>
  (attribute === 'mtime' && left?.type === 'directory') || (path === '.' && attribute === 'mode')

/** Of each peer that leaves a tree: how it differs from Windlass's, in lines; none where it is the same. */
export async function treeDifferences(
  ours: Peer,
  peers: readonly Peer[],
  reference: string,
  seen: (path: string) => string,
): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {}
  await ours.prepare()
  await ours.run(reference, 'unpack')
  const left = await describeTree((await ours.tree?.(reference)) ?? '')
  for (const peer of peers) {
    if (!peer.tree) continue
    await peer.prepare()
    await peer.run(reference, 'unpack')
    const right = await describeTree(seen(await peer.tree(reference)))
    const differences = compareTrees(left, right, { except: byHabit }).map(({ text }) => text)
    for (const text of differences.slice(0, 10))
      process.stderr.write(`ANOTHER TREE by ${peer.name}: ${text}\n`)
    found[peer.name] = differences.slice(0, 100)
    await peer.prepare()
  }
  return found
}
