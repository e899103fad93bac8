/** Reads a complete image from the store, without network access. */
import { defaultLimits } from '../lib/limits.js'
import { formatPlatform, matchPlatform, parseImageConfig, parseImageManifest } from '../lib/image/index.js'
import type { ImageRequest, PulledImage, PulledLayer } from '../lib/stages/index.js'
import { type NamedImage, type Store, findEntries } from '../lib/store/index.js'
import { storedImages } from './stored-images.js'

/**
 * Returns the image of `request` for its platform; undefined if the store lacks any part of it. The name is looked up
 * first exactly as typed, then as a reference.
 */
export async function storedImage(
  { name, typed, platform, limits = defaultLimits }: ImageRequest,
  store: Store,
): Promise<PulledImage | undefined> {
  const named = findEntries(await store.names.entries(), typed, name)[0]?.image
  if (!named) return undefined
  // Holding a digest keeps garbage collection from removing it between the check and the read.
  await store.hold(named.descriptor.digest)
  if (!(await store.blobs.has(named.descriptor.digest))) return undefined
  await store.blobs.markUsed(named.descriptor.digest)
  const [image] = matchPlatform(platform, await storedImages(named.descriptor, store))
  if (!image) return undefined
  const { digest: manifestDigest } = image
  await store.hold(manifestDigest)
  if (!(await store.blobs.has(manifestDigest))) return undefined
  const manifest = parseImageManifest(
    await store.blobs.read(manifestDigest, limits.manifestBytes, 'manifestBytes'),
  )
  const { digest: imageId } = manifest.config
  await store.hold(imageId, ...manifest.layers.map(({ digest }) => digest))
  if (!(await store.blobs.has(imageId))) return undefined
  const config = parseImageConfig(await store.blobs.read(imageId, limits.configBytes, 'configBytes'), {
    digest: imageId,
    reference: name,
    maxBytes: limits.configBytes,
  })
  const layers: PulledLayer[] = []
  for (const [at, { digest, mediaType, size }] of manifest.layers.entries()) {
    const diffID = config.rootfs.diff_ids[at]
    if (diffID === undefined) return undefined
    const rootfs = (await store.layers.find(diffID))?.rootfs
    if (rootfs === undefined && !(await store.blobs.has(digest, size))) return undefined
    layers.push({ digest, diffID, mediaType, size, rootfs })
  }
  return {
    ...rootOf(named),
    name,
    manifestDigest,
    platform: formatPlatform(image.platform ?? config),
    imageId,
    size: layers.reduce((total, { size }) => total + size, 0),
    status: 'up-to-date',
    config,
    layers,
  }
}

function rootOf({
  descriptor,
  rootDigest,
  rootMediaType,
}: NamedImage): Pick<PulledImage, 'digest' | 'mediaType'> {
  return { digest: rootDigest ?? descriptor.digest, mediaType: rootMediaType ?? descriptor.mediaType }
}
