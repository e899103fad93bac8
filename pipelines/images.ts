/** What the store holds, by name; entries without a name, and those that cannot be read, too. */
import { asWindlassError } from '../lib/errors.js'
import {
  type Descriptor,
  type Digest,
  type ImageManifest,
  formatPlatform,
  isIndexType,
  parseImageManifest,
} from '../lib/image/index.js'
import type { IndexEntry, NamedImage, Store } from '../lib/store/index.js'
import { storedImages } from './stored-images.js'

export interface ImageSummary {
  /** As it stands in the store, by whichever tool; undefined for an entry without a name. */
  readonly name: string | undefined
  readonly typed: string | undefined
  /** Digest of what the name points at: the index's, if it was an index. Undefined where the entry has none. */
  readonly digest: string | undefined
  readonly mediaType: string | undefined
  /** Of an index all of whose platforms are here, each of them, a comma between. */
  readonly platform: string | undefined
  /** Compressed bytes of the layers and the configs, each once; undefined where a manifest cannot be read. */
  readonly size: number | undefined
  /** Digest of the config; none of an index. */
  readonly imageId: Digest | undefined
  /** Leads to this entry whatever else it lacks; `remove` takes it. */
  readonly entry: string
  /** Why the image cannot be used as it is; undefined where nothing is known to be wrong. */
  readonly problem: ImageProblem | undefined
}

export interface ImageProblem {
  /**
   * `unreadable`: the entry itself; `missing`: what it points at is not in the store; `damaged`: that cannot be read;
   * `no image`: it is something else.
   */
  readonly kind: 'unreadable' | 'missing' | 'damaged' | 'no image'
  /** As a clause. */
  readonly why: string
}

const maxManifestBytes = 4 * 1024 * 1024

export async function listImages(store: Store): Promise<ImageSummary[]> {
  return Promise.all((await store.names.entries()).map((entry) => summary(entry, store)))
}

async function summary(entry: IndexEntry, store: Store): Promise<ImageSummary> {
  const { name, key, image } = entry
  const { manifests, platforms, problem } = image
    ? await contents(image, store)
    : { manifests: [], platforms: [], problem: unreadable(entry) }
  const blobs = manifests.flatMap(({ config, layers }) => [config, ...layers])
  return {
    name,
    typed: name === undefined ? undefined : (image?.typed ?? name),
    digest: image?.rootDigest ?? entry.digest,
    mediaType: image?.rootMediaType ?? image?.descriptor.mediaType,
    platform: platforms.length > 0 ? [...new Set(platforms)].join(',') : undefined,
    size: problem ? undefined : sizeOf(blobs),
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

const unreadable = ({ problem = 'it cannot be read' }: IndexEntry): ImageProblem => ({
  kind: 'unreadable',
  why: `its entry in index.json cannot be read: ${problem}`,
})

/** One image that is wrong does not hide the others: it is listed without its size. */
async function contents({ descriptor }: NamedImage, store: Store): Promise<Contents> {
  const { digest } = descriptor
  let platforms: string[] = []
  try {
    if (!(await store.blobs.has(digest))) return { manifests: [], platforms, problem: missing(digest) }
    const images = await storedImages(descriptor, store)
    platforms = images.flatMap(({ platform }) => (platform ? formatPlatform(platform) : []))
    if (images.length === 0) return { manifests: [], platforms, problem: missing('every image of its index') }
    return { manifests: await manifestsOf(images, store), platforms, problem: undefined }
  } catch (error) {
    const { exitCode, message } = asWindlassError(error)
    const kind = exitCode === 8 ? 'no image' : 'damaged'
    return { manifests: [], platforms, problem: { kind, why: message } }
  }
}

const missing = (what: string): ImageProblem => ({ kind: 'missing', why: `${what} is not in the store` })

const manifestsOf = (images: readonly Descriptor[], store: Store): Promise<ImageManifest[]> =>
  Promise.all(
    images.map(async ({ digest }) => parseImageManifest(await store.blobs.read(digest, maxManifestBytes))),
  )

/** Each digest once. */
const sizeOf = (blobs: readonly Descriptor[]): number =>
  [...new Map(blobs.map(({ digest, size }) => [digest, size])).values()].reduce((sum, size) => sum + size, 0)
