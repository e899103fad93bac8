/** Finds the images behind a name of the store: the image it points at, or the images of its index. */
import { type Descriptor, isIndexType, isListedImage, parseImageIndex } from '../lib/image/index.js'
import { maxIndexDepth } from '../lib/stages/resolve/by-schema.js'
import type { Store } from '../lib/store/index.js'

const maxIndexBytes = 4 * 1024 * 1024

/**
 * Returns the image manifest `descriptor`, or the images of the index `descriptor` that are in the store. Nested
 * indexes are followed to `depth` levels.
 * @throws STORE_CORRUPT, MANIFEST_INVALID when an index cannot be read
 */
export async function storedImages(
  descriptor: Descriptor,
  store: Store,
  depth = maxIndexDepth,
): Promise<readonly Descriptor[]> {
  if (!isIndexType(descriptor.mediaType)) return [descriptor]
  if (depth === 0) return []
  const { manifests } = parseImageIndex(await store.blobs.read(descriptor.digest, maxIndexBytes))
  const found: Descriptor[] = []
  for (const entry of manifests) {
    if (isListedImage(entry) && (await store.blobs.has(entry.digest)))
      found.push(...(await storedImages(entry, store, depth - 1)))
  }
  return found
}
