/** The tree comparer: proof that two unpackers made the same tree of one image. */
export {
  compareTrees,
  type CompareOptions,
  describeTree,
  type Difference,
  type TreeEntry,
  type TreeEntryType,
} from '../../archive/tree/index.js'
