/** The tree comparer: proof that two unpackers made the same tree of one image. */
export { compareTrees, type CompareOptions, type Difference } from './compare-trees.js'
export { describeTree } from './describe-tree.js'
export type { TreeEntry, TreeEntryType } from './entry.js'
