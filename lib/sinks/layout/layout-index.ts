/** Changes the list of images of a layout, `index.json`. Unknown fields and entries are kept. */
import type { Descriptor, Digest } from '../../image/index.js'
import { isTooDeep } from '../../codec/index.js'
import { type JsonObject, isObject } from '../../codec/json-object.js'

/** The annotation that names an image of a layout (image-spec annotations.md). */
const refName = 'org.opencontainers.image.ref.name'

/** Content of `index.json` in a new layout. */
export const emptyIndex = '{"schemaVersion":2,"manifests":[]}\n'

/** The parsed `index.json`. The entries are not validated. */
export interface LayoutIndex {
  readonly document: JsonObject
  readonly entries: readonly unknown[]
}

/** Parses the text of `index.json`. Returns undefined if it is not a list of images. */
export function parseLayoutIndex(text: string): LayoutIndex | undefined {
  let document: unknown
  try {
    document = isTooDeep(text) ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isObject(document)) return undefined
  // Go writes null for an empty list.
  const entries = document['manifests'] ?? []
  return Array.isArray(entries) ? { document, entries } : undefined
}

/** Returns the digest of the first image with the given name, not validated; undefined if there is none. */
export function findDigest({ entries }: LayoutIndex, name: string): string | undefined {
  const entry = entries.find((each) => nameOf(each) === name)
  const digest = isObject(entry) ? entry['digest'] : undefined
  return typeof digest === 'string' ? digest : undefined
}

/** Returns the names of the images, each once. */
export const namesIn = ({ entries }: LayoutIndex): readonly string[] => [
  ...new Set(entries.map(nameOf).filter((name) => typeof name === 'string')),
]

/** Returns the text of `index.json` without the images that have one of `names`. */
export function indexTextWithout({ document, entries }: LayoutIndex, names: ReadonlySet<unknown>): string {
  const manifests = entries.filter((entry) => !names.has(nameOf(entry)))
  return `${JSON.stringify({ schemaVersion: 2, ...document, manifests })}\n`
}

/**
 * Returns the text of `index.json` after adding an image. With a `name`, the image replaces all images of that name.
 * Without one, it replaces entries of the same digest without a name.
 */
export function indexTextWithImage(
  { document, entries }: LayoutIndex,
  image: Descriptor,
  name: string | undefined,
): string {
  const isReplaced = (entry: unknown): boolean =>
    name === undefined
      ? nameOf(entry) === undefined && digestOf(entry) === image.digest
      : nameOf(entry) === name
  const position = entries.findIndex(isReplaced)
  const others = entries.filter((entry) => !isReplaced(entry))
  // No entry before `position` is removed, so `position` is the same in `others`.
  const manifests = others.toSpliced(
    position < 0 ? others.length : position,
    0,
    entryOf(image, name, entries[position]),
  )
  return `${JSON.stringify({ schemaVersion: 2, ...document, manifests })}\n`
}

/** Returns the entry of an image. Other fields of an older entry of the same image are kept. */
function entryOf(
  { mediaType, digest, size, platform, artifactType }: Descriptor,
  name: string | undefined,
  old: unknown,
): JsonObject {
  const kept = isObject(old) && old['digest'] === digest ? old : {}
  const annotations = {
    ...annotationsOf(kept),
    ...(name !== undefined && { [refName]: name }),
  }
  return {
    ...{ ...kept, mediaType, digest, size },
    ...(platform && { platform }),
    ...(artifactType !== undefined && { artifactType }),
    ...(Object.keys(annotations).length > 0 && { annotations }),
  }
}

function annotationsOf(entry: unknown): JsonObject {
  const annotations = isObject(entry) ? entry['annotations'] : undefined
  return isObject(annotations) ? annotations : {}
}

const nameOf = (entry: unknown): unknown => annotationsOf(entry)[refName]

const digestOf = (entry: unknown): Digest | undefined =>
  isObject(entry) ? (entry['digest'] as Digest | undefined) : undefined
