/** Shows the images of a store: their layers, what they share, and when they were used. */
import type { StoredImage, StoredImages } from '../../lib/api/shapes.js'
import { WindlassError } from '../../lib/errors.js'
import type { ImageSummary } from '../../pipelines/index.js'
import { countLayerUsers } from '../../pipelines/stored/layer-users.js'
import type { Windlass } from '../../puller/index.js'
import type { PullBook } from '../pulls/pull-book.js'

/** What a view needs. */
export interface StoreViewParts {
  readonly windlass: Windlass
  readonly book: PullBook
}

/** A view of one store. */
export class StoreView {
  constructor(private readonly parts: StoreViewParts) {}

  /** Returns the images, and the bytes that they share. */
  async images(): Promise<StoredImages> {
    const { windlass } = this.parts
    const found = await windlass.images()
    const users = countLayerUsers(found, ({ layers }) => layers.map(({ digest }) => digest))
    const images = found.map((summary) => this.#imageOf(summary, users))
    const sizes = new Map(
      found.flatMap(({ layers }) => layers.map(({ digest, size }) => [digest, size] as const)),
    )
    return {
      images,
      size: [...sizes.values()].reduce((sum, size) => sum + size, 0),
      sizeUnshared: found.reduce((sum, { layers }) => sum + sizeOf(layers), 0),
      unneeded: found.length > 0 ? await this.#unneeded() : 0,
    }
  }

  /** Returns the digests of the layers of an image, base first. @throws IMAGE_UNKNOWN */
  async layersOf(image: string): Promise<readonly string[]> {
    const found = (await this.parts.windlass.images()).find(
      ({ name, typed, entry }) => name === image || typed === image || entry === image,
    )
    if (!found)
      throw new WindlassError('IMAGE_UNKNOWN', `The store has no image ${image}`, {
        hint: '`windlass images` lists the images of the store.',
      })
    return found.layers.map(({ digest }) => digest)
  }

  #imageOf(summary: ImageSummary, users: ReadonlyMap<string, number>): StoredImage {
    const { name, digest, imageId, platform, mediaType, size, entry, problem, layers, lastUsedAt } = summary
    const usedBy = this.parts.book.running
      .filter(({ snapshot }) => snapshot.reference === name)
      .map(({ id }) => id)
    return {
      ...{ entry, usedBy },
      layers: layers.map(({ digest, size }) => ({ digest, size })),
      onlyHere: sizeOf(layers.filter(({ digest }) => users.get(digest) === 1)),
      ...(name !== undefined && { name }),
      ...(digest !== undefined && { digest }),
      ...(imageId !== undefined && { imageId }),
      ...(platform !== undefined && { platform }),
      ...(mediaType !== undefined && { mediaType }),
      ...(size !== undefined && { size }),
      ...(lastUsedAt !== undefined && { lastUsedAt }),
      ...(problem && { problem }),
    }
  }

  /** Returns the bytes that no image needs; 0 if that cannot be decided. */
  async #unneeded(): Promise<number> {
    return this.parts.windlass.collect({ dryRun: true }).then(
      ({ bytes }) => bytes,
      () => 0,
    )
  }
}

const sizeOf = (layers: ImageSummary['layers']): number =>
  [...new Map(layers.map(({ digest, size }) => [digest, size])).values()].reduce((sum, size) => sum + size, 0)
