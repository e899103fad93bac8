/** Lists the images of an archive, one for each name and platform that is wanted. */
import {
  type Descriptor,
  type Digest,
  type Platform,
  matchPlatform,
  parseImageConfig,
  platformOfConfig,
} from '../../image/index.js'
import { type ArchiveDocuments, maxArchivedImages } from './archive-documents.js'
import { archivedName } from './archived-name.js'

/** An image of an archive. */
export interface ArchivedImage {
  readonly manifest: Digest
  readonly platform: Platform
  /** Digest of the config. */
  readonly imageId: Digest
  /** Normalised names with a tag. */
  readonly names: readonly string[]
}

/**
 * Returns the images.
 * @param wanted platform to choose from an index; if the archive does not have it, the first one is taken
 * @throws MANIFEST_INVALID when the archive lists no images, or lacks a part of one; CONFIG_INVALID
 */
export async function archivedImages(
  documents: ArchiveDocuments,
  wanted: Platform,
): Promise<readonly ArchivedImage[]> {
  const listed = await listedImages(documents, wanted)
  const images = (await dockerImages(documents, listed)) ?? listed
  if (images.length === 0)
    throw documents.invalid('it has neither a manifest.json nor an index.json with images')
  return images
}

/** Returns the images of `index.json`, each once. */
async function listedImages(documents: ArchiveDocuments, wanted: Platform): Promise<ArchivedImage[]> {
  const images = new Map<Digest, ArchivedImage>()
  for (const entry of (await documents.index())?.manifests.slice(0, maxArchivedImages) ?? []) {
    const found = await documents.manifestsBelow(entry)
    const [chosen = found[0]] = matchPlatform(wanted, found)
    if (!chosen) continue
    const image = await imageOf(documents, chosen.digest)
    const names = [...(images.get(image.manifest)?.names ?? []), ...nameOf(entry)]
    images.set(image.manifest, { ...image, names: [...new Set(names)] })
  }
  return [...images.values()]
}

/** Returns the images of `manifest.json`, with the manifests of `listed` where these describe them. */
async function dockerImages(
  documents: ArchiveDocuments,
  listed: readonly ArchivedImage[],
): Promise<ArchivedImage[] | undefined> {
  const items = await documents.dockerItems()
  if (!items) return undefined
  const images: ArchivedImage[] = []
  for (const item of items) {
    const { names } = item
    const config = await documents.configDigest(item)
    // Of an index, `manifest.json` has one image only, which need not be the one for the wanted platform.
    const same =
      listed.find((image) => image.names.some((name) => names.includes(name))) ??
      listed.find(({ imageId }) => imageId === config)
    images.push(
      same
        ? { ...same, names: [...new Set([...names, ...same.names])] }
        : { ...(await imageOf(documents, await documents.manifestOfItem(item))), names },
    )
  }
  return images
}

async function imageOf(documents: ArchiveDocuments, digest: Digest): Promise<Omit<ArchivedImage, 'names'>> {
  const { config } = await documents.manifest(digest)
  const { configBytes } = documents.limits
  const bytes = await documents.config(config.digest)
  const parsed = parseImageConfig(bytes, {
    digest: config.digest,
    reference: digest,
    maxBytes: configBytes,
  })
  return { manifest: digest, imageId: config.digest, platform: platformOfConfig(parsed) }
}

/** Returns the name of an entry of `index.json`, if it has a whole one: a tag alone names no repository. */
function nameOf({ annotations = {} }: Descriptor): readonly string[] {
  const own = annotations['org.opencontainers.image.ref.name']
  const text =
    annotations['io.containerd.image.name'] ?? (own !== undefined && /[/:]/.test(own) ? own : undefined)
  return text === undefined ? [] : archivedName(text)
}
