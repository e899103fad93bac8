/** Finds the images behind a name of the store: the image it points at, or the images of its index. */
import {
  type Descriptor,
  entryLink,
  isIndexType,
  isImageOrIndexEntry,
  parseImageIndex,
  walkGraph,
} from '../lib/image/index.js'
import { defaultLimits } from '../lib/limits.js'
import { maxIndexDepth } from '../lib/stages/resolve/by-schema.js'
import type { Store } from '../lib/store/index.js'

/** Maximum size of an index in bytes: the default limit of a pull. */
const maxIndexBytes = defaultLimits.manifestBytes

/**
 * Returns the image manifest `start`, or the images of the index `start` that are in the store. Nested indexes are
 * followed to the default depth.
 * @throws STORE_CORRUPT, MANIFEST_INVALID when an index cannot be read
 */
export async function storedImages(start: Descriptor, { blobs }: Store): Promise<readonly Descriptor[]> {
  const found: Descriptor[] = []
  const graph = walkGraph([entryLink(start)], {
    read: async ({ link: { descriptor }, depth }) =>
      isIndexType(descriptor.mediaType) && depth < maxIndexDepth
        ? {
            links: parseImageIndex(await blobs.read(descriptor.digest, maxIndexBytes)).manifests.map(
              entryLink,
            ),
          }
        : undefined,
    follow: async ({ descriptor }) => isImageOrIndexEntry(descriptor) && blobs.has(descriptor.digest),
    // An index may list the same digest for several platforms. Each entry counts as an image of its own.
    key: ({ descriptor }) => JSON.stringify(descriptor),
  })
  for await (const { link } of graph) if (!isIndexType(link.descriptor.mediaType)) found.push(link.descriptor)
  return found
}
