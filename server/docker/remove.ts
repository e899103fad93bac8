/** `DELETE /images/NAME`: removes names of an image, and its content with the last of them. */
import type { DescribedImage } from '../../pipelines/index.js'
import type { ServerParts } from '../api/routes.js'
import { type DockerImage, type ImageName, dockerImages, findImage } from './docker-images.js'
import { DockerError } from './failure.js'
import { chainsOf } from './image-shapes.js'

/** An item of the answer. */
export type Removed = { readonly Untagged: string } | { readonly Deleted: string }

/** Options of `removeImage`. */
export interface RemoveOptions {
  /** Remove an image with several names by its ID. */
  readonly force: boolean
  /** Remove what no image needs. */
  readonly prune: boolean
}

/** Removes a name, or an image by its ID. @throws DockerError 404, 409 with the texts of dockerd */
export async function removeImage(
  word: string,
  { force, prune }: RemoveOptions,
  parts: ServerParts,
): Promise<Removed[]> {
  const { found, names } = findImage(word, dockerImages(await parts.windlass.content.describe()))
  const doomed = names.length === 0 ? found.names : doomedBy(names, found)
  const short = found.id.slice('sha256:'.length).slice(0, 12)
  const isById = names.length === 0
  const isLast = doomed.length === found.names.length && (isById || found.others.length === 0)
  if (isById && !force && !isSingle(found.names))
    throw new DockerError(
      409,
      `conflict: unable to delete ${short} (must be forced) - image is referenced in multiple repositories`,
    )
  const user =
    isLast &&
    parts.book.running.find(({ snapshot }) =>
      found.names.some((name) => snapshot.reference === name.reference.toString()),
    )
  if (user)
    throw new DockerError(
      409,
      `conflict: unable to delete ${short} (cannot be forced) - image is used by the running pull ${user.id}`,
    )
  return removeNames(found, { doomed, isLast, prune }, parts)
}

/** What is removed of an image. */
export interface Removal {
  readonly doomed: readonly ImageName[]
  /** Whether the image goes with these names. */
  readonly isLast: boolean
  /** Remove the content that no image needs. */
  readonly prune: boolean
}

/** Removes names of an image. With the last one, its content is removed as well. */
export async function removeNames(
  found: DockerImage,
  { doomed, isLast, prune }: Removal,
  { windlass, feed }: ServerParts,
): Promise<Removed[]> {
  const entries = [
    ...doomed.map(({ entry }) => entry),
    ...(isLast ? [...found.unnamed, ...found.others] : []),
  ]
  for (const outcome of await windlass.removeAll(entries)) if ('error' in outcome) throw outcome.error
  feed.append({ type: 'images', at: Date.now() })
  const untagged = [
    ...doomed.flatMap(({ reference }) => (reference.digest === undefined ? [reference.familiar()] : [])),
    ...(isLast
      ? new Set(doomed.map(({ reference, digest }) => reference.withDigest(digest).familiar()))
      : []),
  ].map((Untagged) => ({ Untagged }))
  if (!isLast) return untagged
  return [...untagged, { Deleted: found.id }, ...(prune ? await collectLayers(found, windlass) : [])]
}

/** Removes the content that no image needs. Returns the layers of the image among it, the topmost first. */
async function collectLayers({ image }: DockerImage, windlass: ServerParts['windlass']): Promise<Removed[]> {
  const { removed } = await windlass.collect()
  return removedChains(image, new Set(removed.map(({ digest }) => digest))).map((Deleted) => ({ Deleted }))
}

/** Returns the chainIDs of those layers of an image whose content is among `gone`, the topmost first. */
export function removedChains(image: DescribedImage, gone: ReadonlySet<string>): string[] {
  const chains = chainsOf(image)
  return image.layers
    .flatMap(({ digest, diffID }, at) => (gone.has(diffID) || gone.has(digest) ? [chains[at]!] : []))
    .reverse()
}

/** A digest is removed with the last tag of its repository. */
function doomedBy(names: readonly ImageName[], { names: all }: DockerImage): readonly ImageName[] {
  const rest = all.filter((name) => !names.includes(name))
  const isTagged = (repository: string): boolean =>
    rest.some(({ reference }) => reference.name === repository && reference.digest === undefined)
  const along = rest.filter(
    ({ reference }) =>
      reference.digest !== undefined &&
      names.some((name) => name.reference.name === reference.name && name.reference.digest === undefined) &&
      !isTagged(reference.name),
  )
  return [...names, ...along]
}

/** Reports whether an ID stands for one name only: one tag, or digests of one repository. */
function isSingle(names: readonly ImageName[]): boolean {
  const tags = names.filter(({ reference }) => reference.digest === undefined)
  return tags.length <= 1 && new Set(names.map(({ reference }) => reference.name)).size <= 1
}
