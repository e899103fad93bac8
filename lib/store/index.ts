/** The store: what of it the rest of the project uses. */
export { BlobStore } from './blobs.js'
export {
  type Collected,
  type CollectedThing,
  type CollectOptions,
  Garbage,
  defaultKeepPartials,
} from './garbage.js'
export { type Inventory, type StoredThing, inventory } from './garbage-inventory.js'
export type { NamedImage } from './index-document.js'
export type { WhiteoutForm } from './layer-record.js'
export type { LayerFacts, StoredLayer } from './layer-facts.js'
export { LayerStore } from './layers.js'
export { LayoutSource } from './layout-source.js'
export { NameStore } from './names.js'
export { Partial, type PartialJournal } from './partial.js'
export { PartialStore } from './partials.js'
export { StagedLayer } from './staged-layer.js'
export { Store, type StoreOptions } from './store.js'
export { type BlobState, verifyBlob } from './verify-blob.js'
export { type LayerOnDisk, layerOnDisk } from './verify-layer.js'
