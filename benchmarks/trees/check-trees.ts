/** Checks that the peers and Windlass unpack the same tree. */
import { compareTrees, describeTree, type Difference } from '../../lib/archive/index.js'
import { reasonOf } from '../peers/all-peers.js'
import type { Peer } from '../peers/peer.js'
import { listed, undefinedTimes } from './open-times.js'

export interface TreeCheck {
  readonly image: string
  readonly peer: string
  /** Number of entries in the tree of Windlass, and of directories whose time was not compared. */
  readonly entries: number
  readonly open: number
  /** Number of differences; undefined if the trees could not be compared, with the reason in `shown`. */
  readonly differences: number | undefined
  /** The first differences, one per line. */
  readonly shown: readonly string[]
}

export interface TreesOf {
  readonly image: string
  readonly reference: string
  /** Files of the layer blobs, base first. */
  readonly blobs: readonly string[]
  /** Returns the path on this machine for a path of a peer. */
  readonly seen: (path: string) => string
}

/** Peers that ignore the entry of the root. */
const withoutRoot = ['podman', 'docker', 'containerd (ctr)']

/**
 * Ignores times that the image does not define, the time of the root for peers that ignore its entry, and the mode of
 * the root for podman, which always uses 0555.
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
  const open = undefinedTimes(layers)
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
