/** Counts the images that have a layer. */

/** Returns the number of images that have each layer. `layersOf` returns the digests or diffIDs of the layers of an image. */
export function countLayerUsers<Image>(
  images: Iterable<Image>,
  layersOf: (image: Image) => readonly string[],
): Map<string, number> {
  const users = new Map<string, number>()
  for (const image of images)
    for (const digest of new Set(layersOf(image))) users.set(digest, (users.get(digest) ?? 0) + 1)
  return users
}
