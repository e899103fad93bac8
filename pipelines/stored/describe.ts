/** Describes the images of a store from their manifests and configs, without network access. */
import {
  type Descriptor,
  type Digest,
  type ImageConfig,
  type ImageManifest,
  formatPlatform,
  matchPlatform,
  parseImageConfig,
  parseImageManifest,
  parsePlatform,
  type Platform,
} from '../../lib/image/index.js'
import { defaultLimits } from '../../lib/limits.js'
import type { IndexEntry, Store } from '../../lib/store/index.js'
import { storedImages } from '../stored-images.js'

/** A layer of an image in the store. */
export interface DescribedLayer extends Pick<Descriptor, 'digest' | 'size' | 'mediaType'> {
  readonly diffID: Digest
  /** Size of the unpacked layer as a tar archive, in bytes; undefined if it is not unpacked. */
  readonly unpackedSize: number | undefined
}

/** An image in the store. An index has several of them. */
export interface DescribedImage {
  /** Key of the entry in the list of names; see `ImageSummary.entry`. */
  readonly entry: string
  /** Name in the store; undefined for an entry without one. */
  readonly name: string | undefined
  /** What the name was resolved to: an index, or the manifest. */
  readonly root: Pick<Descriptor, 'digest' | 'mediaType'> & { readonly size: number | undefined }
  /** The manifest of the image. */
  readonly manifest: Descriptor
  /** Digest of the config. */
  readonly imageId: Digest
  readonly platform: string
  readonly config: ImageConfig
  /** Size of the config, in bytes. */
  readonly configSize: number
  /** Base layer first. */
  readonly layers: readonly DescribedLayer[]
}

/** Describes all images of the store. Images that cannot be read are left out: `listImages` reports their problems. */
export async function describeImages(store: Store): Promise<DescribedImage[]> {
  const entries = await store.names.entries()
  return (await Promise.all(entries.map((entry) => describeEntry(entry, store)))).flat()
}

/** Describes the images of one entry that can be read: one, or those of its index. */
export async function describeEntry(entry: IndexEntry, store: Store): Promise<DescribedImage[]> {
  if (!entry.image) return []
  try {
    const images = await storedImages(entry.image.descriptor, store)
    const described = await Promise.all(
      images.map((image) => describe(entry, image, store).catch(() => undefined)),
    )
    return described.filter((each) => each !== undefined)
  } catch {
    return []
  }
}

async function describe(entry: IndexEntry, manifest: Descriptor, store: Store): Promise<DescribedImage> {
  const { manifestBytes, configBytes } = defaultLimits
  const parsed = parseImageManifest(await store.blobs.read(manifest.digest, manifestBytes))
  const { digest: imageId, size: configSize } = parsed.config
  const bytes = await store.blobs.read(imageId, configBytes)
  const config = parseImageConfig(bytes, {
    digest: imageId,
    reference: entry.name ?? entry.key,
    maxBytes: configBytes,
  })
  return {
    ...{ entry: entry.key, name: entry.name, manifest, imageId, config, configSize },
    root: await rootOf(entry, store),
    platform: formatPlatform(config.os === '' && manifest.platform ? manifest.platform : config),
    layers: await layersOf(parsed, config, store),
  }
}

async function rootOf({ image }: IndexEntry, store: Store): Promise<DescribedImage['root']> {
  const { descriptor, rootDigest = descriptor.digest, rootMediaType = descriptor.mediaType } = image!
  const isThere = rootDigest === descriptor.digest
  // The index that a manifest was selected from is kept if its content could be.
  const size = isThere ? descriptor.size : await store.blobs.size(rootDigest).catch(() => undefined)
  return { digest: rootDigest, mediaType: rootMediaType, size }
}

const layersOf = (manifest: ImageManifest, config: ImageConfig, store: Store): Promise<DescribedLayer[]> =>
  Promise.all(
    manifest.layers.map(async ({ digest, size, mediaType }, at) => {
      const diffID = config.rootfs.diff_ids[at] ?? digest
      const unpackedSize = (await store.layers.find(diffID))?.size
      return { digest, size, mediaType, diffID, unpackedSize }
    }),
  )

/** Returns the image for `platform` of those of one index; undefined if none is for it. */
export function imageFor(platform: Platform, images: readonly DescribedImage[]): DescribedImage | undefined {
  const candidates = images.map((image) => ({ ...image.manifest, platform: parsePlatform(image.platform) }))
  const [found] = matchPlatform(platform, candidates)
  return found && images[candidates.indexOf(found)]
}
