/** The list of images in the shape of Docker's API. */
import type { DescribedImage } from '../../pipelines/index.js'
import { countLayerUsers } from '../../pipelines/stored/layer-users.js'
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
  const users = countLayerUsers(images, ({ image }) => image.layers.map(({ diffID }) => diffID))
  const siblings = ({ entry }: DescribedImage): DescribedImage[] =>
    described.filter((each) => each.entry === entry)
  return images
    .filter((image) => keep(image, images))
    .map((image) => listItem(shown(image), { ...order, siblings, users }))
    .sort((a, b) => Number(b['Created']) - Number(a['Created']))
}
