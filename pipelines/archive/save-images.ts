/** Saves images of a store as one archive, which is an OCI image layout and an archive of `docker save`. */
import { constants, createReadStream } from 'node:fs'
import {
  type DockerImage,
  type WrittenArchive,
  type WrittenBlob,
  indexedImages,
  writeImageArchive,
} from '../../lib/archive/index.js'
import { WindlassError } from '../../lib/errors.js'
import { type Digest, isIndexType } from '../../lib/image/index.js'
import { type Store, recoveryHints } from '../../lib/store/index.js'
import type { DescribedImage } from '../stored/describe.js'

/** An image to save. */
export interface SaveOrder {
  /** The images of one entry of the store. The first one is the image that tools without indexes load. */
  readonly images: readonly [DescribedImage, ...DescribedImage[]]
  /** Save the index of the entry, if it stands for one, and not only the first image. */
  readonly whole: boolean
  /** Normalised names with a tag, under which the image is to be loaded. */
  readonly names: readonly string[]
}

/**
 * Returns the archive as a stream. It fails if a blob is found to be damaged.
 * @throws STORE_CORRUPT when the store lacks a part of an image, before the stream begins
 */
export async function saveImages(
  orders: readonly SaveOrder[],
  store: Store,
  signal: AbortSignal,
): Promise<WrittenArchive> {
  const documents = await documentsOf(orders, store)
  const layers = orders.flatMap(imagesOf).flatMap((image) => image.layers)
  for (const { digest, size } of [...documents, ...layers])
    if (!(await store.blobs.has(digest, size))) throw missingError(digest, store)
  for (const { manifest, root } of orders.flatMap(imagesOf))
    for (const { digest } of [manifest, root]) await store.blobs.markUsed(digest)
  const content = {
    ...{ documents, layers },
    index: orders.flatMap(indexEntries),
    docker: orders.map(dockerImage),
    open: (digest: Digest) => openBlob(digest, store),
    damagedError: (digest: Digest) => damagedError(digest, store),
  }
  return writeImageArchive(content, signal)
}

async function documentsOf(orders: readonly SaveOrder[], store: Store): Promise<readonly WrittenBlob[]> {
  const documents: WrittenBlob[] = []
  for (const order of orders) {
    const { digest } = order.images[0].root
    if (isWhole(order)) documents.push({ digest, size: await store.blobs.size(digest) })
    for (const { manifest, imageId, configSize } of imagesOf(order))
      documents.push(manifest, { digest: imageId, size: configSize })
  }
  return documents
}

/** Reports whether the index of an order is saved. An entry for one image of an index lacks the other ones. */
const isWhole = ({ whole, images: [{ root }], images }: SaveOrder): boolean =>
  whole && isIndexType(root.mediaType) && images.length > 1

const imagesOf = (order: SaveOrder): readonly DescribedImage[] =>
  isWhole(order) ? order.images : [order.images[0]]

function indexEntries(order: SaveOrder): ReturnType<typeof indexedImages> {
  const [image] = order.images
  const { mediaType, digest, size } = isWhole(order) ? image.root : image.manifest
  return indexedImages({ mediaType, digest, size: size ?? 0 }, order.names)
}

const dockerImage = ({ images: [image], names }: SaveOrder): DockerImage => ({
  ...{ config: image.imageId, layers: image.layers, names },
})

const openBlob = (digest: Digest, store: Store) =>
  createReadStream(store.blobs.path(digest), {
    // Node takes a number too; its types do not say so.
    flags: (constants.O_RDONLY | constants.O_NOFOLLOW) as unknown as string,
    highWaterMark: 1024 * 1024,
  })

const damagedError = (digest: Digest, store: Store): WindlassError =>
  new WindlassError('STORE_CORRUPT', `Blob ${digest} in the store is damaged: it has another digest`, {
    ...{ digest, path: store.blobs.path(digest) },
    hint: recoveryHints.repair,
  })

const missingError = (digest: Digest, store: Store): WindlassError =>
  new WindlassError(
    'STORE_CORRUPT',
    `The store does not have the blob ${digest}, which an archive of the image needs`,
    {
      ...{ digest, path: store.directory },
      hint: 'Pull the image again with its compressed layers: with --refresh and without --discard-blobs.',
    },
  )
