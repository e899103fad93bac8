/** The list of images in the shape of Docker's API. */
import type { DescribedImage } from '../../pipelines/index.js'
import { type DockerImage, dockerImages } from './docker-images.js'
import { listItem } from './image-shapes.js'

/** Options of `list`. */
export interface ListOrder {
  readonly version: number
  readonly manifests: boolean
  readonly sharedSize: boolean
  readonly keep: (image: DockerImage, all: readonly DockerImage[]) => boolean
  /** What the list shows of an image that is kept (all). */
  readonly shown?: (image: DockerImage) => DockerImage
}

/** Lists images, the latest first. */
export function list(
  described: readonly DescribedImage[],
  { keep, shown = (image) => image, ...order }: ListOrder,
): Record<string, unknown>[] {
  const images = dockerImages(described)
  const users = layerUsers(images)
  const siblings = ({ entry }: DescribedImage): DescribedImage[] =>
    described.filter((each) => each.entry === entry)
  return images
    .filter((image) => keep(image, images))
    .map((image) => listItem(shown(image), { ...order, siblings, users }))
    .sort((a, b) => Number(b['Created']) - Number(a['Created']))
}

/** Returns the number of images that have each layer, by diffID. */
function layerUsers(images: readonly DockerImage[]): Map<string, number> {
  const users = new Map<string, number>()
  for (const { image } of images)
    for (const diffID of new Set(image.layers.map((layer) => layer.diffID)))
      users.set(diffID, (users.get(diffID) ?? 0) + 1)
  return users
}
