/** Compares two unpacked trees of an image. */
export {
  compareTrees,
  type CompareOptions,
  describeTree,
  type Difference,
  type TreeAttribute,
  type TreeEntry,
  type TreeEntryType,
} from '../../archive/tree/index.js'
