/** Reads and compares trees on the disk. */
export type { TreeAttribute } from './attributes.js'
export { compareTrees, type CompareOptions, type Difference } from './compare-trees.js'
export { describeTree } from './describe-tree.js'
export { withPermission } from './temporary-permission.js'
export type { TreeEntry, TreeEntryType } from './entry.js'
