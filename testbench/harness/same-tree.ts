/** Checks that Windlass and umoci unpack the same tree. */
import { expect } from 'vitest'
import { compareTrees, describeTree, type Difference, type TreeEntry } from '../../lib/archive/index.js'

const describedTrees = new Map<string, Promise<TreeEntry[]>>()

/** Descriptions of umoci's trees are cached, because the trees are compared many times and do not change. */
const describeOnce = (root: string): Promise<TreeEntry[]> => {
  const entries = describedTrees.get(root) ?? describeTree(root)
  describedTrees.set(root, entries)
  return entries
}

/**
 * Reports whether the difference is an empty extended attribute that umoci 0.4.7 lost. Go's archive/tar, which umoci
 * uses, treats a pax record without a value as removed.
 */
const isLostByUmoci = ({ attribute, left, right }: Difference): boolean =>
  attribute.startsWith('xattr:') && left === '0x' && right === undefined

/**
 * Expects equal trees, apart from known differences of umoci. A failure lists the first 20 differences.
 * @param unlisted directories whose times are not compared: umoci sets the time of a directory to that of unpacking
 *   if a layer writes into it without listing it
 */
export async function expectSameTree(
  ours: string,
  umociTree: string,
  unlisted: readonly string[] = [],
): Promise<void> {
  const [left, right] = [await describeTree(ours), await describeOnce(umociTree)]
  const isTimeSetByUmoci = ({ attribute, path }: Difference): boolean =>
    attribute === 'mtime' && unlisted.includes(path)
  const differences = compareTrees(left, right, {
    except: (each) => isLostByUmoci(each) || isTimeSetByUmoci(each),
  })
  expect(differences.slice(0, 20).map(({ text }) => text)).toEqual([])
  expect(left.length).toBeGreaterThan(1)
}
