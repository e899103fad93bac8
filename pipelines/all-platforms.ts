/**
 * The pull of every platform of an index: each image is pulled whole, two at once, their layers shared; then, and only
 * then, the name points at the index itself, for all that it promises is here (docs/decisions/0005).
 *
 *     name ─► resolve ─► images of the index ═╦═► pull ═╦═► the index, under its name
 *                                             ╚═► pull ═╝
 */
import { Flow, type Stage, compose, expand, stage } from '../lib/flow/index.js'
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
import { toArray } from '../lib/flow/index.js'
import type { Store } from '../lib/store/index.js'

import { type RunningPull, eachPull } from './each-pull.js'
import type { PullParts, PullStages } from './pull-stages.js'

/** What the pull of all platforms gives. */
export interface PulledIndex {
  readonly name: string
  /** Of what the name points at: the index, or the only image. */
  readonly digest: Digest
  readonly mediaType: string
  /** Whether anything came that was not here under this name. */
  readonly status: PulledImage['status']
  /** In the order of the index. */
  readonly images: readonly PulledImage[]
  /** Entries of the index that are no images of a platform, such as attestations: they are not here. */
  readonly leftOut: readonly Digest[]
  /** What is wrong with entries of the index that cannot be used. */
  readonly problems: readonly string[]
}

export interface AllPlatformsOptions extends Pick<PullParts, 'store' | 'retry'> {
  /** Starts the pull of one image of the index. */
  readonly start: (image: IndexedImage, request: ImageRequest) => RunningPull
}

/** The stages of a pull of one image of `found`: what an index leads to is named with the whole index. */
export function entryStages(
  bound: PullStages,
  { store, retry }: Pick<PullParts, 'store' | 'retry'>,
  image: IndexedImage,
): PullStages {
  if (image.trail.length === 0) return bound
  return {
    ...bound,
    resolve: resolveEntry(image, { retry }),
    commitImage: commitImage(store, { named: false }),
  }
}

/** Pulls each image of an index and names the index. The first that fails ends them all: half an index has no name. */
export const allPlatforms = (options: AllPlatformsOptions): Stage<ImageRequest, PulledIndex> =>
  compose(resolve(options), imagesOfIndex(options), eachImage(options))

const eachImage = ({ store, start }: AllPlatformsOptions): Stage<IndexedImages, PulledIndex> =>
  expand(
    (found: IndexedImages) =>
      Flow.from(found.images).pipe(
        eachPull<IndexedImage, PulledImage>({
          start: (image) => start(image, found.request),
          pulled: (image) => image,
          failed: (error) => {
            throw error
          },
        }),
        toArray(),
        nameIndex(found, store),
      ),
    { name: 'all-platforms' },
  )

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
        if (named?.descriptor.digest !== digest)
          await store.names.set({ name, typed, descriptor: root.descriptor })
      }
      return { name, digest, mediaType, status, images, leftOut, problems }
    },
    { name: 'name-index' },
  )
