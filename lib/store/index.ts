/** The store of images. The exports are for other modules of the project. */
export { BlobStore } from './blobs/blobs.js'
export {
  type Collected,
  type CollectedItem,
  type CollectOptions,
  type CollectProgress,
  Garbage,
} from './garbage/garbage.js'
export { invalidPointers } from './layers/pointers-by-layer.js'
export { defaultKeepPartials } from './partial/keep-partials.js'
export { type Inventory, type StoredItem, inventory, readableInventory } from './garbage/inventory.js'
export type { HeldDownload } from './partial/download-watch.js'
export { findEntries, isDigestStart } from './names/find-entry.js'
export { entryDisplayName, entryArgument, type IndexEntry } from './names/index-entry.js'
export type { CorruptEntry } from './names/index-document.js'
export type { NamedImage } from './names/named-image.js'
export type { WhiteoutForm } from './layers/layer-record.js'
export type { LayerFacts, StoredLayer } from './layers/layer-facts.js'
export { LayerStore } from './layers/layers.js'
export { readListedNames } from './names/read-listed-names.js'
export { type RepairedFile, repairFiles } from './check/repair-files.js'
export { type MetadataLockOptions, storeLockedCode } from './locks/metadata-lock.js'
export { NameStore } from './names/names.js'
export { PartialDownload, type PartialJournal } from './partial/partial.js'
export { type AcquireOptions, PartialStore } from './partial/partials.js'
export type { Leftovers } from './staging/sweep-runs.js'
export { removeTree } from './files/remove-tree.js'
export { StagedLayer } from './layers/staged-layer.js'
export type { StoreOwner } from './layout/ownership.js'
export { type StoreContents, emptyStoreContents } from './contents.js'
export { Store, type StoreOptions, openStore } from './store.js'
export { isStoreAt, noStoreError } from './layout/store-there.js'
export type { UnfinishedTree } from './staging/unfinished-tree.js'
export { recoveryHints } from './files/recovery-hints.js'
export { type BlobState, verifyBlob } from './blobs/verify-blob.js'
export { type LayerOnDisk, withTreeLock, inspectLayer } from './check/verify-layer.js'
export type { LayoutFault } from './check/verify-layout.js'
export { isNotWritableError } from './files/store-error.js'
