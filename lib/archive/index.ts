/** Archives: reading layers, applying them to a tree, and packing and comparing trees. */
export { latin1Of } from './rootfs/bytes-path.js'
export { type ApplyOptions, LayerApplier } from './rootfs/layer-applier.js'
export { readLayerDirectory } from './rootfs/layer-directory.js'
export type { Owner, OwnerPolicy } from './rootfs/owners.js'
export { type Warn, type WarningCode, isMachineWarning, warningCodes } from './rootfs/warnings.js'
export { isOverlayXattr, makeOverlayWhiteout } from './whiteouts/form.js'
export { opaqueName, whiteoutOf } from './whiteouts/name.js'
export { hostWhiteoutForm, type WhiteoutForm, type WhiteoutTreatment } from './whiteouts/form.js'
export type { ArchiveEntry } from './entries/archive-entry.js'
export type { EntryContext, EntrySink } from './entries/entry-receiver.js'
export {
  UnpackPool,
  type ReadJobOptions,
  type UnpackJobOptions,
  type UnpackPoolOptions,
  type UnpackTask,
} from './worker/pool.js'
export type {
  BlobTask,
  Expectations,
  FlattenResult,
  FlattenTask,
  Growth,
  LayerSource,
  ReadResult,
  ReadTask,
  UnpackResult,
} from './worker/task.js'
export { type PackOptions, packTree } from './pack.js'
export type { EntryHandler, EntryType, TarEntry } from './tar/entry.js'
export type { TarLimits } from './tar/limits.js'
export { TarReader } from './tar/reader.js'
export { compareTrees, describeTree, type Difference, type TreeEntry, withPermission } from './tree/index.js'
export type { FlatDirectory, Leaf } from './listing/flat-node.js'
export { FlatTree } from './listing/flat-tree.js'
export { DirectoryLayer } from './listing/directory-layer.js'
export { ImageTree, type LocatedFile } from './listing/image-tree.js'
export type { LayerReader } from './listing/layer-reader.js'
export { LazyLayer } from './listing/lazy-layer.js'
export type { FileType, ListedFile } from './listing/listed-file.js'
export { TarLayer } from './listing/tar-layer.js'
export { TocLayer } from './listing/toc-layer.js'
export { readToc } from './toc/read-toc.js'
export { entriesOfToc } from './toc/toc-entries.js'
export { type TocReference, tocReferenceOf } from './toc/toc-reference.js'
export { ArchiveFile } from './images/archive-file.js'
export { ArchiveDocuments, type DockerItem, dockerListPath, indexPath } from './images/archive-documents.js'
export { type ArchivedFile, type ArchivedFiles, type FilePart, readPart } from './images/archived-file.js'
export { archivedName } from './images/archived-name.js'
export { type ArchivedImage, archivedImages } from './images/archived-images.js'
export { type SeekableFile, indexArchive } from './images/index-archive.js'
export { asImageArchiveError, invalidImageArchive } from './images/invalid-archive.js'
export { plainBytes } from './images/plain-bytes.js'
export { type ReceiveOptions, receiveArchive } from './images/receive-archive.js'
export {
  type ArchiveContent,
  type DockerImage,
  type IndexedImage,
  type WrittenArchive,
  type WrittenBlob,
  indexedImages,
  writeImageArchive,
} from './images/write-archive.js'
