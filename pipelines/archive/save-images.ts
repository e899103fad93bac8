/**
 * Writes images of a store as one tar archive that is an OCI image layout and an archive of `docker save` at the same time: tools
 * of both kinds load it. Blobs are streamed, each once, with the digests that the registry served.
 */
import { createHash } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Pack, pack } from 'tar-stream'
import { WindlassError } from '../../lib/errors.js'
import {
  type Descriptor,
  type Digest,
  algorithmOf,
  hexOf,
  isIndexType,
  mediaTypes,
  parseReference,
} from '../../lib/image/index.js'
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

/** A blob of the archive. */
type ArchivedBlob = Pick<Descriptor, 'digest' | 'size'>

/**
 * Returns the archive as a stream. It fails if a blob is found to be damaged.
 * @throws STORE_CORRUPT when the store lacks a part of an image, before the stream begins
 */
export async function saveImages(
  orders: readonly SaveOrder[],
  store: Store,
  signal: AbortSignal,
): Promise<{ readonly stream: Readable; readonly done: Promise<void> }> {
  const blobs = await blobsOf(orders, store)
  for (const { digest, size } of blobs.values())
    if (!(await store.blobs.has(digest, size))) throw missingError(digest, store)
  const archive = pack()
  // tar-stream returns a stream of another library, which is not an instance of Node's class.
  const stream = Readable.from(archive, { objectMode: false, signal })
  const done = writeArchive(archive, orders, blobs, store, signal)
  done.catch((error: unknown) => stream.destroy(error instanceof Error ? error : undefined))
  return { stream, done }
}

async function writeArchive(
  archive: Pack,
  orders: readonly SaveOrder[],
  blobs: ReadonlyMap<Digest, ArchivedBlob>,
  store: Store,
  signal: AbortSignal,
): Promise<void> {
  await writeDirectory(archive, 'blobs/')
  for (const algorithm of new Set([...blobs.keys()].map(algorithmOf)))
    await writeDirectory(archive, `blobs/${algorithm}/`)
  for (const blob of blobs.values()) await writeBlob(archive, blob, store, signal)
  await writeText(archive, 'index.json', {
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: orders.flatMap(entriesOf),
  })
  await writeText(archive, 'manifest.json', orders.map(dockerItem))
  await writeText(archive, 'oci-layout', { imageLayoutVersion: '1.0.0' })
  archive.finalize()
}

/** Returns the blobs of all orders: manifests and configs first, so that a reader has them early. */
async function blobsOf(orders: readonly SaveOrder[], store: Store): Promise<Map<Digest, ArchivedBlob>> {
  const blobs = new Map<Digest, ArchivedBlob>()
  const add = (...all: readonly ArchivedBlob[]): void => {
    for (const { digest, size } of all) blobs.set(digest, { digest, size })
  }
  for (const order of orders) {
    if (isWhole(order)) {
      const { digest } = order.images[0].root
      add({ digest, size: await store.blobs.size(digest) })
    }
    for (const { manifest, imageId, configSize } of imagesOf(order))
      add(manifest, { digest: imageId, size: configSize })
  }
  for (const order of orders) for (const { layers } of imagesOf(order)) add(...layers)
  return blobs
}

/** Reports whether the index of an order is saved. An entry for one image of an index lacks the other ones. */
const isWhole = ({ whole, images: [{ root }], images }: SaveOrder): boolean =>
  whole && isIndexType(root.mediaType) && images.length > 1

const imagesOf = (order: SaveOrder): readonly DescribedImage[] =>
  isWhole(order) ? order.images : [order.images[0]]

/** Returns the entries of `index.json`: one for each name, with the annotations of Docker and containerd. */
function entriesOf(order: SaveOrder): unknown[] {
  const [image] = order.images
  const { mediaType, digest, size } = isWhole(order) ? image.root : image.manifest
  const descriptor = { mediaType, digest, size: size ?? 0 }
  if (order.names.length === 0) return [descriptor]
  return order.names.map((name) => ({
    ...descriptor,
    annotations: {
      'io.containerd.image.name': name,
      'org.opencontainers.image.ref.name': parseReference(name).tag ?? name,
    },
  }))
}

/** Returns the item of `manifest.json`. */
function dockerItem({ images: [image], names }: SaveOrder): unknown {
  return {
    Config: pathOf(image.imageId),
    RepoTags: names.length > 0 ? names.map((name) => parseReference(name).familiar()) : null,
    Layers: image.layers.map(({ digest }) => pathOf(digest)),
    LayerSources: Object.fromEntries(
      image.layers.map(({ diffID, mediaType, size, digest }) => [diffID, { mediaType, size, digest }]),
    ),
  }
}

const pathOf = (digest: Digest): string => `blobs/${algorithmOf(digest)}/${hexOf(digest)}`

/** The same images give the same archive. */
const mtime = new Date(0)

const writeDirectory = (archive: Pack, name: string): Promise<void> =>
  written((done) => archive.entry({ name, type: 'directory', mode: 0o755, mtime }, done))

const writeText = (archive: Pack, name: string, value: unknown): Promise<void> =>
  written((done) => archive.entry({ name, mode: 0o644, mtime }, JSON.stringify(value), done))

/** Copies a blob from the store, and compares it with its digest. */
async function writeBlob(
  archive: Pack,
  { digest, size }: ArchivedBlob,
  store: Store,
  signal: AbortSignal,
): Promise<void> {
  const hash = createHash(algorithmOf(digest))
  const hashed = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk)
      done(undefined, chunk)
    },
  })
  const file = createReadStream(store.blobs.path(digest), {
    // Node takes a number too; its types do not say so.
    flags: (constants.O_RDONLY | constants.O_NOFOLLOW) as unknown as string,
    highWaterMark: 1024 * 1024,
  })
  let copied: Promise<void> | undefined
  await written((done) => {
    const entry = archive.entry({ name: pathOf(digest), size, mode: 0o444, mtime }, done)
    // A stream of another library, which has the methods of Node's and not its class.
    copied = pipeline(file, hashed, entry as unknown as NodeJS.WritableStream, { signal })
    copied.catch(done)
  })
  await copied
  if (hash.digest('hex') === hexOf(digest)) return
  throw new WindlassError('STORE_CORRUPT', `Blob ${digest} in the store is damaged: it has another digest`, {
    ...{ digest, path: store.blobs.path(digest) },
    hint: recoveryHints.repair,
  })
}

const written = (start: (done: (error?: Error | null) => void) => void): Promise<void> =>
  new Promise((resolve, reject) => start((error) => (error ? reject(error) : resolve())))

const missingError = (digest: Digest, store: Store): WindlassError =>
  new WindlassError(
    'STORE_CORRUPT',
    `The store does not have the blob ${digest}, which an archive of the image needs`,
    {
      ...{ digest, path: store.directory },
      hint: 'Pull the image again with its compressed layers: with --refresh and without --discard-blobs.',
    },
  )
