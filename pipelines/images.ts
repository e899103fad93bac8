/** Lists the entries of a store, including entries without a name and entries that cannot be read. */
import { asWindlassError } from '../lib/errors.js'
import { defaultLimits } from '../lib/limits.js'
import {
  type Descriptor,
  type Digest,
  type ImageManifest,
  blobsOf,
  formatPlatform,
  isIndexType,
  parseImageConfig,
  parseImageManifest,
} from '../lib/image/index.js'
import {
  type ImagesUsage,
  type ImageUsage,
  type IndexEntry,
  measureImages,
  type NamedImage,
  type Store,
} from '../lib/store/index.js'
import { storedImages } from './stored-images.js'

/** An entry of the store. */
export interface ImageSummary {
  /** The name in the store, written by any tool; undefined for an entry without a name. */
  readonly name: string | undefined
  /** The name as the user typed it; the same as `name` if that is not recorded. */
  readonly typed: string | undefined
  /** Digest that the name was resolved to: of the index, if there was one. Undefined if the entry has none. */
  readonly digest: string | undefined
  readonly mediaType: string | undefined
  /** Platform of the image; for an index, the platforms of its images in the store, separated by commas. */
  readonly platform: string | undefined
  /** Total compressed size of layers and configs in bytes, each digest once; undefined if the image has a `problem`. */
  readonly size: number | undefined
  /**
   * What the image takes in the store, in bytes: its blobs and its unpacked layers (the size of their trees as tar archives).
   * Undefined if that is not known, because a document is damaged.
   */
  readonly storedSize: number | undefined
  /** The part of `storedSize` that other images need as well. Names of the same image are one image. */
  readonly sharedSize: number | undefined
  /** When the image was made, as RFC 3339; of an index, the latest image. Undefined if the config does not say. */
  readonly created: string | undefined
  /**
   * When the image was used last (pulled, unpacked, mounted, read, saved, named or served), or was stored, in milliseconds
   * since 1970. Undefined if `storedSize` is.
   */
  readonly lastUsedAt: number | undefined
  /** The layers, base first; of an index, those of all its images in the store. Empty if the image has a `problem`. */
  readonly layers: readonly Pick<Descriptor, 'digest' | 'size'>[]
  /** Digest of the config; undefined for an index. */
  readonly imageId: Digest | undefined
  /** Key that identifies the entry even if it has no name and no digest; `remove` accepts it. */
  readonly entry: string
  /** The reason why the image cannot be used; undefined if no fault is known. */
  readonly problem: ImageProblem | undefined
}

/** A reason why an image of the store cannot be used. */
export interface ImageProblem {
  /**
   * - `unreadable`: the entry cannot be read
   * - `missing`: the target of the entry is not in the store
   * - `damaged`: the target cannot be read
   * - `no image`: the target is not an image
   */
  readonly kind: 'unreadable' | 'missing' | 'damaged' | 'no image'
  /** The reason, as a clause. */
  readonly why: string
}

/** Maximum size of a manifest in bytes: the default limit of a pull. */
const maxManifestBytes = defaultLimits.manifestBytes
const maxConfigBytes = defaultLimits.configBytes
/** Exit code of the errors that the content is not an image or not supported. */
const unsupportedExitCode = 8

/** Lists all entries of the store. @throws STORE_CORRUPT when the list of names cannot be read */
export async function listImages(store: Store): Promise<ImageSummary[]> {
  const entries = await store.names.entries()
  // Without sizes, the list is still of use.
  const { byEntry } = await measureImages(store).catch((): Pick<ImagesUsage, 'byEntry'> => ({
    byEntry: new Map(),
  }))
  return Promise.all(entries.map((entry) => summaryOf(entry, byEntry.get(entry.key), store)))
}

async function summaryOf(
  entry: IndexEntry,
  usage: ImageUsage | undefined,
  store: Store,
): Promise<ImageSummary> {
  const { name, key, image } = entry
  const { manifests, platforms, problem } = image
    ? await readContents(image, store)
    : { manifests: [], platforms: [], problem: unreadableProblem(entry) }
  const blobs = manifests.flatMap(blobsOf)
  return {
    name,
    typed: name === undefined ? undefined : (image?.typed ?? name),
    digest: image?.rootDigest ?? entry.digest,
    mediaType: image?.rootMediaType ?? image?.descriptor.mediaType,
    platform: platforms.length > 0 ? [...new Set(platforms)].join(',') : undefined,
    size: problem ? undefined : sizeOf(blobs),
    storedSize: usage?.bytes,
    sharedSize: usage?.sharedBytes,
    created: await latestCreation(manifests, store),
    lastUsedAt: usage?.lastUsedAt,
    layers: problem
      ? []
      : manifests.flatMap(({ layers }) => layers.map(({ digest, size }) => ({ digest, size }))),
    imageId: image && isIndexType(image.descriptor.mediaType) ? undefined : manifests[0]?.config.digest,
    entry: key,
    problem,
  }
}

interface Contents {
  readonly manifests: readonly ImageManifest[]
  readonly platforms: readonly string[]
  readonly problem: ImageProblem | undefined
}

const unreadableProblem = ({ problem = 'it cannot be read' }: IndexEntry): ImageProblem => ({
  kind: 'unreadable',
  why: `its entry in index.json cannot be read: ${problem}`,
})

/** Reads the manifests of an image. A faulty image is listed with its problem, so that it does not hide the others. */
async function readContents({ descriptor }: NamedImage, store: Store): Promise<Contents> {
  const { digest } = descriptor
  let platforms: string[] = []
  try {
    if (!(await store.blobs.has(digest))) return { manifests: [], platforms, problem: missingProblem(digest) }
    const images = await storedImages(descriptor, store)
    platforms = images.flatMap(({ platform }) => (platform ? formatPlatform(platform) : []))
    if (images.length === 0)
      return { manifests: [], platforms, problem: missingProblem('every image of its index') }
    return { manifests: await manifestsOf(images, store), platforms, problem: undefined }
  } catch (error) {
    const { exitCode, message } = asWindlassError(error)
    const kind = exitCode === unsupportedExitCode ? 'no image' : 'damaged'
    return { manifests: [], platforms, problem: { kind, why: message } }
  }
}

const missingProblem = (what: string): ImageProblem => ({
  kind: 'missing',
  why: `${what} is not in the store`,
})

const manifestsOf = (images: readonly Descriptor[], store: Store): Promise<ImageManifest[]> =>
  Promise.all(
    images.map(async ({ digest }) => parseImageManifest(await store.blobs.read(digest, maxManifestBytes))),
  )

/** Returns the latest time at which one of the images was made; undefined if no config can be read or says so. */
async function latestCreation(
  manifests: readonly ImageManifest[],
  store: Store,
): Promise<string | undefined> {
  const times = await Promise.all(
    manifests.map(async ({ config: { digest } }) => {
      try {
        const bytes = await store.blobs.read(digest, maxConfigBytes)
        const { created } = parseImageConfig(bytes, { digest, reference: digest, maxBytes: maxConfigBytes })
        return created !== undefined && !Number.isNaN(Date.parse(created)) ? created : undefined
      } catch {
        return undefined
      }
    }),
  )
  return times
    .filter((time) => time !== undefined)
    .sort((a, b) => Date.parse(a) - Date.parse(b))
    .at(-1)
}

/** Total size in bytes, each digest counted once. */
const sizeOf = (blobs: readonly Descriptor[]): number =>
  [...new Map(blobs.map(({ digest, size }) => [digest, size])).values()].reduce((sum, size) => sum + size, 0)
