/** The claim that all of this folder is for: the tree that Windlass made is the tree that umoci made. */
import { expect } from 'vitest'
import { compareTrees, describeTree, type Difference, type TreeEntry } from '../../lib/archive/index.js'

const known = new Map<string, Promise<TreeEntry[]>>()

/** umoci's trees are looked at many times and never change. */
const describeOnce = (root: string): Promise<TreeEntry[]> => {
  const entries = known.get(root) ?? describeTree(root)
  known.set(root, entries)
  return entries
}

/**
 * umoci 0.4.7 reads archives with Go's archive/tar, which takes a pax record with no value to say that there is no such
 * record: an extended attribute of no bytes is lost. GNU tar and the kernel have such attributes, and so do we.
 */
const lostByUmoci = ({ attribute, left, right }: Difference): boolean =>
  attribute.startsWith('xattr:') && left === '0x' && right === undefined

/**
 * Fails with the first differences, a line each. `unlisted`: directories that a layer writes into and does not list;
 * umoci gives them, and the one that the first of them is made in, the time of the unpacking.
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
