/** What the store holds, by name. */
import { type Digest, formatPlatform, parseImageManifest } from '../lib/image/index.js'
import type { NamedImage, Store } from '../lib/store/index.js'

export interface ImageSummary {
  readonly name: string
  readonly typed: string
  /** Digest of what the name points at: the index's, if it was an index. */
  readonly digest: Digest
  readonly mediaType: string
  readonly platform: string | undefined
  /** Compressed bytes of the layers and the config; undefined where the manifest cannot be read. */
  readonly size: number | undefined
  /** Digest of the config. */
  readonly imageId: Digest | undefined
}

const largestManifest = 4 * 1024 * 1024

export async function listImages(store: Store): Promise<ImageSummary[]> {
  return Promise.all((await store.names.list()).map((named) => summary(named, store)))
}

async function summary({ name, typed, descriptor, rootDigest, rootMediaType }: NamedImage, store: Store) {
  const { platform } = descriptor
  const manifest = await store.blobs
    .read(descriptor.digest, largestManifest)
    .then(parseImageManifest)
    .catch(() => undefined) // one damaged image must not hide the others: it is listed without its size
  return {
    name,
    typed,
    digest: rootDigest ?? descriptor.digest,
    mediaType: rootMediaType ?? descriptor.mediaType,
    platform: platform && formatPlatform(platform),
    size: manifest && manifest.layers.reduce((total, { size }) => total + size, manifest.config.size),
    imageId: manifest?.config.digest,
  }
}
