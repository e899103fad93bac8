/** The claim that all of this folder is for: the tree that Windlass made is the tree that umoci made. */
import { expect } from 'vitest'
import {
  compareTrees,
  describeTree,
  type Difference,
  type TreeEntry,
} from '../../../lib/testing/tree/index.js'

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

/** Fails with the first differences, a line each. */
export async function expectSameTree(ours: string, umociTree: string): Promise<void> {
  const [left, right] = [await describeTree(ours), await describeOnce(umociTree)]
  const differences = compareTrees(left, right, { except: lostByUmoci })
  expect(differences.slice(0, 20).map(({ text }) => text)).toEqual([])
  expect(left.length).toBeGreaterThan(1)
}
