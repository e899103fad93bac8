/** The images of a store as Docker sees them: by image ID, with the tags and digests that refer to them. */
import { WindlassError } from '../../lib/errors.js'
import {
  type Digest,
  type Reference,
  hostPlatform,
  isDigest,
  parseReference,
  withDefaultTag,
  isLocalImageName,
} from '../../lib/image/index.js'
import type { DescribedImage } from '../../pipelines/index.js'
import { imageFor } from '../../pipelines/stored/describe.js'
import { DockerError } from './failure.js'

/** A name of an image. */
export interface ImageName {
  /** Key of the entry in the store. */
  readonly entry: string
  readonly reference: Reference
  /** What the name was resolved to. */
  readonly digest: Digest
}

/** An image. */
export interface DockerImage {
  /** Digest of the config. */
  readonly id: Digest
  readonly image: DescribedImage
  /** The names that are references. */
  readonly names: readonly ImageName[]
  /** Keys of the entries that have no name. */
  readonly unnamed: readonly string[]
  /** Keys of the entries with a name that is no reference: of a layout, or one that another tool wrote. */
  readonly others: readonly string[]
}

/** Groups the images of a store by their IDs. Of an index, only the image that Docker would use counts. */
export function dockerImages(described: readonly DescribedImage[]): DockerImage[] {
  const images = new Map<Digest, DockerImage>()
  for (const image of chosenOf(described)) {
    const { imageId: id, entry, name, root } = image
    const reference = referenceOf(name)
    const known = images.get(id) ?? { id, image, names: [], unnamed: [], others: [] }
    if (reference)
      images.set(id, { ...known, names: [...known.names, { entry, reference, digest: root.digest }] })
    // An image that was loaded without a name has its digest as one.
    else if (name === undefined || isDigest(name))
      images.set(id, { ...known, unnamed: [...known.unnamed, entry] })
    else images.set(id, { ...known, others: [...known.others, entry] })
  }
  return [...images.values()]
}

/** Returns one image of each entry: that for this machine, otherwise the first. */
function chosenOf(described: readonly DescribedImage[]): DescribedImage[] {
  const entries = new Map<string, DescribedImage[]>()
  for (const image of described) entries.set(image.entry, [...(entries.get(image.entry) ?? []), image])
  return [...entries.values()].map((images) => imageFor(hostPlatform(), images) ?? images[0]!)
}

/** Returns the names as `RepoTags`. */
export const repoTagsOf = ({ names }: Pick<DockerImage, 'names'>): string[] =>
  names.flatMap(({ reference }) => (reference.digest === undefined ? [reference.familiar()] : []))

/** Returns the names as `RepoDigests`. */
export const repoDigestsOf = ({ names }: Pick<DockerImage, 'names'>): string[] => [
  ...new Set(names.map(({ reference, digest }) => reference.withDigest(digest).familiar())),
]

/** What a word of a request refers to. */
export interface FoundImage {
  readonly found: DockerImage
  /** The names that the word states; empty for an ID. */
  readonly names: readonly ImageName[]
}

/**
 * Finds the image that a word refers to: an ID or the start of one, a name, or a name with a digest.
 * @throws DockerError 404, with the text of dockerd; 400 for an ambiguous ID
 */
export function findImage(word: string, images: readonly DockerImage[]): FoundImage {
  const byID = images.find(({ id }) => id === word)
  if (byID) return { found: byID, names: [] }
  const reference = asReference(word)
  for (const found of images) {
    const names = reference ? found.names.filter((name) => isNamed(name, reference)) : []
    if (names.length > 0) return { found, names }
  }
  const hex = word.replace(/^sha256:/, '')
  const matches = /^[0-9a-f]{4,64}$/.test(hex)
    ? images.filter(({ id }) => id.startsWith(`sha256:${hex}`))
    : []
  if (matches.length > 1) throw new DockerError(400, `No unique image has the ID ${word}`)
  if (matches[0]) return { found: matches[0], names: [] }
  throw noSuchImage(word, reference)
}

const noSuchImage = (word: string, reference: Reference | undefined): DockerError =>
  new DockerError(404, `No such image: ${isDigest(word) || !reference ? word : reference.familiar()}`)

function isNamed({ reference, digest }: ImageName, asked: Reference): boolean {
  if (reference.name !== asked.name) return false
  return asked.digest === undefined
    ? reference.digest === undefined && reference.tag === asked.tag
    : digest === asked.digest
}

function asReference(word: string): Reference | undefined {
  try {
    return withDefaultTag(parseReference(word))
  } catch (error) {
    if (error instanceof WindlassError) return undefined
    throw error
  }
}

function referenceOf(name: string | undefined): Reference | undefined {
  // A digest is the name of an image without one, and `sha256` a valid name of a repository.
  if (name === undefined || isDigest(name) || isLocalImageName(name)) return undefined
  return asReference(name)
}
