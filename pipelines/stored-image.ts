/** An image out of the store alone: whole, or not at all (S0-62, S0-63). */
import {
  documentLimit,
  formatPlatform,
  matchPlatform,
  parseImageConfig,
  parseImageManifest,
} from '../lib/image/index.js'
import type { ImageRequest, PulledImage, PulledLayer } from '../lib/stages/index.js'
import type { NamedImage, Store } from '../lib/store/index.js'

/** The image that `request` names, if the store has all of it, for the platform that is asked for. */
export async function storedImage(
  { name, typed, platform }: ImageRequest,
  store: Store,
): Promise<PulledImage | undefined> {
  const named = await store.names.get(name, typed)
  if (!named || (named.descriptor.platform && matchPlatform(platform, [named.descriptor]).length === 0))
    return undefined
  const { digest: manifestDigest, mediaType } = named.descriptor
  if (!(await store.blobs.has(manifestDigest))) return undefined
  const manifest = parseImageManifest(await store.blobs.read(manifestDigest, documentLimit))
  const { digest: imageId } = manifest.config
  if (!(await store.blobs.has(imageId))) return undefined
  const config = parseImageConfig(await store.blobs.read(imageId, documentLimit), {
    digest: imageId,
    reference: name,
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
    platform: formatPlatform(named.descriptor.platform ?? config),
    imageId,
    size: layers.reduce((total, { size }) => total + size, 0),
    status: 'up-to-date',
    config,
    layers,
  }

  function rootOf({ rootDigest, rootMediaType }: NamedImage): Pick<PulledImage, 'digest' | 'mediaType'> {
    return { digest: rootDigest ?? manifestDigest, mediaType: rootMediaType ?? mediaType }
  }
}
