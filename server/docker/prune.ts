/** `POST /images/prune` and `GET /system/df`: removes what is not needed, and says what takes space. */
import type { ServerParts } from '../api/routes.js'
import { type DockerImage, dockerImages } from './docker-images.js'
import { type Filters, passes } from './filters.js'
import { list } from './image-list.js'
import { type Removed, removeNames, removedChains } from './remove.js'

/** The answer of `prune`. */
export interface Pruned {
  readonly ImagesDeleted: readonly Removed[] | null
  readonly SpaceReclaimed: number
}

/**
 * Removes images without a tag; with the filter `dangling=false`, all images: none is used by a container. Then removes the content
 * that no image needs.
 */
export async function pruneImages(filters: Filters, parts: ServerParts): Promise<Pruned> {
  const { windlass, book } = parts
  const danglingOnly = !(filters.get('dangling') ?? ['true']).some((value) => ['0', 'false'].includes(value))
  const others = new Map([...filters].filter(([name]) => name !== 'dangling'))
  const images = dockerImages(await windlass.content.describe())
  const isBusy = ({ names }: DockerImage): boolean =>
    book.running.some(({ snapshot }) =>
      names.some(({ reference }) => reference.toString() === snapshot.reference),
    )
  const doomed = images.filter(
    (each) =>
      // A name that Docker does not know is a name nevertheless.
      each.others.length === 0 &&
      (!danglingOnly || each.names.length === 0) &&
      passes(each, others, images) &&
      !isBusy(each),
  )
  const removed: Removed[] = []
  for (const each of doomed)
    removed.push(...(await removeNames(each, { doomed: each.names, isLast: true, prune: false }, parts)))
  const collected =
    images.length > 0 || doomed.length > 0 ? await windlass.collect() : await collectIfThere(parts)
  const gone = new Set(collected.removed.map(({ digest }) => digest))
  // A layer of no listed image was left by a tag that moved. Its chain is not known any more.
  const listed = new Set(images.flatMap(({ image }) => image.layers.map(({ diffID }) => diffID)))
  const layers = new Set([
    ...doomed.flatMap(({ image }) => removedChains(image, gone)),
    ...collected.removed.flatMap(({ kind, digest }) =>
      kind === 'layer' && !listed.has(digest) ? [digest] : [],
    ),
  ])
  return {
    ImagesDeleted:
      removed.length + layers.size > 0 ? [...removed, ...[...layers].map((Deleted) => ({ Deleted }))] : null,
    SpaceReclaimed: collected.bytes,
  }
}

/** Collects; does nothing if there is no store. */
const collectIfThere = ({
  windlass,
}: ServerParts): Promise<Pick<Awaited<ReturnType<typeof windlass.collect>>, 'removed' | 'bytes'>> =>
  windlass.collect().catch(() => ({ removed: [], bytes: 0 }))

/** Returns the answer of `GET /system/df`. `types`: what is asked for; empty for everything. */
export async function diskUsage(
  types: readonly string[],
  { windlass }: ServerParts,
): Promise<Record<string, unknown>> {
  const asks = (type: string): boolean => types.length === 0 || types.includes(type)
  const described = asks('image') ? await windlass.content.describe() : []
  const images = dockerImages(described)
  const sizes = new Map(
    images.flatMap(({ image }) =>
      image.layers.map(({ diffID, unpackedSize, size }) => [diffID, unpackedSize ?? size]),
    ),
  )
  const items = list(described, { version: 51, manifests: false, sharedSize: true, keep: () => true })
  return {
    LayersSize: [...sizes.values()].reduce((total, size) => total + size, 0),
    ...(asks('image') && { Images: items.map((item) => ({ ...item, Containers: 0 })) }),
    ...(asks('container') && { Containers: [] }),
    ...(asks('volume') && { Volumes: [] }),
    ...(asks('build-cache') && { BuildCache: [] }),
  }
}
