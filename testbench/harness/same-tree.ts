/** Checks that Windlass and umoci unpack the same tree. */
import { expect } from 'vitest'
import { compareTrees, describeTree, type Difference, type TreeEntry } from '../../lib/archive/index.js'

const known = new Map<string, Promise<TreeEntry[]>>()

/** Descriptions of umoci's trees are cached, because the trees are compared many times and do not change. */
const describeOnce = (root: string): Promise<TreeEntry[]> => {
  const entries = known.get(root) ?? describeTree(root)
  known.set(root, entries)
  return entries
}

/**
 * umoci 0.4.7 reads archives with Go's archive/tar, which treats a pax record without a value as a removed record, and
 * loses empty extended attributes. GNU tar, the kernel and Windlass support them.
 */
const lostByUmoci = ({ attribute, left, right }: Difference): boolean =>
  attribute.startsWith('xattr:') && left === '0x' && right === undefined

/**
 * Fails with the first differences, one per line. `unlisted` are directories that a layer writes into and does not
 * list: umoci sets their time, and that of the parent of the first one, to the time of unpacking.
 */
export async function expectSameTree(
  ours: string,
  umociTree: string,
  unlisted: readonly string[] = [],
): Promise<void> {
  const [left, right] = [await describeTree(ours), await describeOnce(umociTree)]
  const stamped = ({ attribute, path }: Difference): boolean =>
    attribute === 'mtime' && unlisted.includes(path)
  const differences = compareTrees(left, right, { except: (each) => lostByUmoci(each) || stamped(each) })
  expect(differences.slice(0, 20).map(({ text }) => text)).toEqual([])
  expect(left.length).toBeGreaterThan(1)
}
