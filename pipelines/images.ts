/** What the store holds, by name. */
import {
  type Descriptor,
  type Digest,
  type ImageManifest,
  formatPlatform,
  isIndexType,
  parseImageManifest,
} from '../lib/image/index.js'
import type { NamedImage, Store } from '../lib/store/index.js'
import { storedImages } from './stored-images.js'

export interface ImageSummary {
  readonly name: string
  readonly typed: string
  /** Digest of what the name points at: the index's, if it was an index. */
  readonly digest: Digest
  readonly mediaType: string
  /** Of an index all of whose platforms are here, each of them, a comma between. */
  readonly platform: string | undefined
  /** Compressed bytes of the layers and the configs, each once; undefined where a manifest cannot be read. */
  readonly size: number | undefined
  /** Digest of the config; none of an index. */
  readonly imageId: Digest | undefined
}

const largestManifest = 4 * 1024 * 1024

export async function listImages(store: Store): Promise<ImageSummary[]> {
  return Promise.all((await store.names.list()).map((named) => summary(named, store)))
}

async function summary({ name, typed, descriptor, rootDigest, rootMediaType }: NamedImage, store: Store) {
  // One damaged image must not hide the others: it is listed without its size.
  const images = await storedImages(descriptor, store).catch(() => [])
  const manifests = await manifestsOf(images, store).catch(() => [])
  const platforms = images.flatMap(({ platform }) => (platform ? formatPlatform(platform) : []))
  const blobs = manifests.flatMap(({ config, layers }) => [config, ...layers])
  return {
    name,
    typed,
    digest: rootDigest ?? descriptor.digest,
    mediaType: rootMediaType ?? descriptor.mediaType,
    platform: platforms.length > 0 ? [...new Set(platforms)].join(',') : undefined,
    size: blobs.length > 0 ? sizeOf(blobs) : undefined,
    imageId: isIndexType(descriptor.mediaType) ? undefined : manifests[0]?.config.digest,
  }
}

const manifestsOf = (images: readonly Descriptor[], store: Store): Promise<ImageManifest[]> =>
  Promise.all(
    images.map(async ({ digest }) => parseImageManifest(await store.blobs.read(digest, largestManifest))),
  )

/** Each digest once. */
const sizeOf = (blobs: readonly Descriptor[]): number =>
  [...new Map(blobs.map(({ digest, size }) => [digest, size])).values()].reduce((sum, size) => sum + size, 0)
