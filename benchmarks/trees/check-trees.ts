/** Whether the peers and Windlass ended with the same tree. */
import { compareTrees, describeTree, type Difference } from '../../lib/archive/index.js'
import { reasonOf } from '../peers/all-peers.js'
import type { Peer } from '../peers/peer.js'
import { listed, openTimes } from './open-times.js'

export interface TreeCheck {
  readonly image: string
  readonly peer: string
  /** Entries of Windlass's tree, and of those directories whose time was not compared. */
  readonly entries: number
  readonly open: number
  /** Differences in all; undefined where the trees could not be compared, which `shown` then says why. */
  readonly differences: number | undefined
  /** The first of them, a line each. */
  readonly shown: readonly string[]
}

export interface TreesOf {
  readonly image: string
  readonly reference: string
  /** Files of its layers, the lowest first. */
  readonly blobs: readonly string[]
  /** A path as a peer names it, as it is seen from here. */
  readonly seen: (path: string) => string
}

/** They pass over the entry of the root itself. */
const withoutRoot = ['podman', 'docker', 'containerd (ctr)']

/**
 * Forgiven: times that the image leaves open; that of the root where the peer passes over its entry; and the mode of the
 * root by podman, 0555 whatever the image says.
 */
const except =
  (peer: string, open: ReadonlySet<string>) =>
  ({ path, attribute, entries: { left } }: Difference): boolean => {
    if (path === '.' && withoutRoot.includes(peer))
      return attribute === 'mtime' || (attribute === 'mode' && peer === 'podman')
    return attribute === 'mtime' && left?.type === 'directory' && open.has(path)
  }

export async function checkTrees(
  ours: Peer,
  peers: readonly Peer[],
  { image, reference, blobs, seen }: TreesOf,
): Promise<TreeCheck[]> {
  const layers: Awaited<ReturnType<typeof listed>>[] = []
  for (const blob of blobs) layers.push(await listed(blob))
  const open = openTimes(layers)
  const treeOf = async (peer: Peer, from: (path: string) => string): ReturnType<typeof describeTree> => {
    try {
      await peer.prepare()
      await peer.run(reference, 'unpack')
      return await describeTree(from((await peer.tree?.(reference)) ?? ''))
    } finally {
      await peer.clear()
    }
  }
  const left = await treeOf(ours, (path) => path)
  const counts = { entries: left.length, open: left.filter(({ path }) => open.has(path)).length }
  const checks: TreeCheck[] = []
  for (const peer of peers.filter((each) => 'tree' in each)) {
    const about = { image, peer: peer.name, ...counts }
    try {
      const right = await treeOf(peer, seen)
      const lines = compareTrees(left, right, { except: except(peer.name, open) }).map(({ text }) => text)
      checks.push({ ...about, differences: lines.length, shown: lines.slice(0, 20) })
    } catch (error) {
      checks.push({ ...about, differences: undefined, shown: [reasonOf(error)] })
    }
    const { differences, shown } = checks.at(-1)!
    const verdict = differences === 0 ? 'the same' : `ANOTHER\n  ${shown.slice(0, 10).join('\n  ')}`
    process.stderr.write(`${image}: tree by ${peer.name}: ${verdict}\n`)
  }
  return checks
}
