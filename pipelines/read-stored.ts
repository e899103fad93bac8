/** Reads the files of an image from the store, without network traffic. */
import type { ImageRequest } from '../lib/stages/index.js'
import { LayoutSource } from '../lib/sources/index.js'
import type { Store } from '../lib/store/index.js'
import { type LayerToRead, type ReadableImage, type ReadImageOptions, readImage } from './files.js'
import { storedImage } from './stored-image.js'

/** Options of `readStored`. */
export interface ReadStoredOptions extends Omit<ReadImageOptions, 'source'> {
  /** Use only blobs and no unpacked trees, because no digest covers a tree. */
  readonly onlyBlobs: boolean
}

/**
 * Returns the files of the image of `request`; undefined if the store lacks any part of the image. Layers whose blobs
 * were discarded are read from their trees.
 * @throws STORE_* when the store cannot be read
 */
export async function readStored(
  request: ImageRequest,
  store: Store,
  { onlyBlobs, ...options }: ReadStoredOptions,
): Promise<ReadableImage | undefined> {
  const image = await storedImage(request, store)
  if (!image) return undefined
  const layers = await Promise.all(
    image.layers.map(async ({ digest, size, mediaType, diffID, rootfs }): Promise<LayerToRead> => {
      const descriptor = { digest, size, mediaType }
      if (rootfs === undefined || (await store.blobs.has(digest, size))) return { descriptor }
      const implied = (await store.layers.find(diffID))?.implied
      return { descriptor, tree: { path: rootfs, implied } }
    }),
  )
  if (onlyBlobs && layers.some(({ tree }) => tree !== undefined)) return undefined
  return readImage(layers, { ...options, source: new LayoutSource(store.directory) })
}
