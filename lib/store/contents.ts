/** The read-only view of a store, for code that must not change it. */
import type { BlobStore } from './blobs/blobs.js'
import type { LayerStore } from './layers/layers.js'
import type { NameStore } from './names/names.js'
import type { PartialStore } from './partial/partials.js'

/** The operations of a `Store` that only read. */
export interface StoreContents {
  readonly directory: string
  readonly blobs: Pick<BlobStore, 'has' | 'size' | 'read'>
  readonly layers: Pick<LayerStore, 'findByBlob'>
  readonly partials: Pick<PartialStore, 'length'>
  readonly names: Pick<NameStore, 'get' | 'isCorrupt'>
}

/** Returns the contents of an empty store, to be used for a directory that contains no store. */
export function emptyStoreContents(directory: string): StoreContents {
  const rejectMissing = (): Promise<never> => Promise.reject(new Error(`There is no store at ${directory}`))
  return {
    directory,
    blobs: { has: () => Promise.resolve(false), size: rejectMissing, read: rejectMissing },
    layers: { findByBlob: () => Promise.resolve(undefined) },
    partials: { length: () => Promise.resolve(0) },
    names: { get: () => Promise.resolve(undefined), isCorrupt: () => Promise.resolve(false) },
  }
}
