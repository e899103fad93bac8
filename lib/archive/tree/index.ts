/** Trees on disk, read and compared: whether two unpackings made the same, and whether one has changed since. */
export { compareTrees, type CompareOptions, type Difference } from './compare-trees.js'
export { describeTree } from './describe-tree.js'
export type { TreeEntry, TreeEntryType } from './entry.js'
