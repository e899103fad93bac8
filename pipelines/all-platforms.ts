/**
 * Pulls every platform of an index. Two images are pulled at a time, and images share their layers. The name points at
 * the index only after all of its images are in the store (docs/decisions/0005).
 *
 *     name ─► resolve ─► images of the index ═╦═► pull ═╦═► the index, under its name
 *                                             ╚═► pull ═╝
 */
import { Flow, type Stage, compose, expand, stage, toArray } from '../lib/flow/index.js'
import type { Digest } from '../lib/image/index.js'
import {
  type ImageRequest,
  type IndexedImage,
  type IndexedImages,
  type PulledImage,
  commitImage,
  imagesOfIndex,
  resolve,
  resolveEntry,
} from '../lib/stages/index.js'
import type { Store } from '../lib/store/index.js'

import { type RunningPull, eachPull } from './each-pull.js'
import type { PullParts, PullStages } from './pull-stages.js'

/** Result of a pull of all platforms. */
export interface PulledIndex {
  /** Normalised name. */
  readonly name: string
  /** Digest of what the name points at: the index, or the manifest if the name stands for a single image. */
  readonly digest: Digest
  readonly mediaType: string
  /** `newer` if any of the images was new or changed, else `up-to-date`. */
  readonly status: PulledImage['status']
  /** Images in the order of the index. */
  readonly images: readonly PulledImage[]
  /** Entries of the index that are not images of a platform, such as attestations. They are not pulled. */
  readonly leftOut: readonly Digest[]
  /** Reasons why entries of the index cannot be used, one per entry. */
  readonly problems: readonly string[]
}

/** Options of `allPlatforms`. */
export interface AllPlatformsOptions extends Pick<PullParts, 'store' | 'retry'> {
  /** Starts the pull of one image of the index. */
  readonly start: (image: IndexedImage, request: ImageRequest) => RunningPull
}

/**
 * Returns the stages that pull one image of an index. Unlike `stages`, they start at the entry of the index and do not
 * set a name, because `allPlatforms` names the index. Returns `stages` if the image does not come from an index.
 */
export function entryStages(
  stages: PullStages,
  { store, retry }: Pick<PullParts, 'store' | 'retry'>,
  image: IndexedImage,
): PullStages {
  if (image.parentIndexes.length === 0) return stages
  return {
    ...stages,
    resolve: resolveEntry(image, { retry }),
    commitImage: commitImage(store, { named: false }),
  }
}

/**
 * Pulls each image of an index, then points the name at the index. The first image that fails cancels the others, and
 * the name stays as it was.
 */
export const allPlatforms = (options: AllPlatformsOptions): Stage<ImageRequest, PulledIndex> =>
  compose(resolve(options), imagesOfIndex(options), eachImage(options))

const eachImage = ({ store, start }: AllPlatformsOptions): Stage<IndexedImages, PulledIndex> =>
  expand(
    (found: IndexedImages) =>
      Flow.from(found.images).pipe(
        eachPull<IndexedImage, PulledImage>({
          start: (image) => start(image, found.request),
          mapImage: (image) => image,
          mapError: (error) => {
            throw error
          },
        }),
        toArray(),
        nameIndex(found, store),
      ),
    { name: 'all-platforms' },
  )

/**
 * Returns the stage that stores the indexes and points the name at the root index, once all images are in the store.
 */
const nameIndex = (
  { request, root, indexes, leftOut, problems }: IndexedImages,
  store: Store,
): Stage<readonly PulledImage[], PulledIndex> =>
  stage(
    async (images: readonly PulledImage[]): Promise<PulledIndex> => {
      const { name, typed } = request
      const { digest, mediaType } = root.descriptor
      const status = images.every((each) => each.status === 'up-to-date') ? 'up-to-date' : 'newer'
      if (indexes.length > 0) {
        for (const { descriptor, bytes } of indexes) await store.blobs.put(descriptor.digest, bytes)
        const named = await store.names.get(name)
        if (named?.descriptor.digest === digest) await store.blobs.markUsed(digest)
        else await store.names.set({ name, typed, descriptor: root.descriptor })
      }
      return { name, digest, mediaType, status, images, leftOut, problems }
    },
    { name: 'name-index' },
  )
