/**
 * `index.json` of the layout: which names there are, and what they point at (image-spec, image-layout.md). Other
 * tools write it too, so whatever is in it that we do not know stays as it is.
 */
import { WindlassError } from '../errors.js'
import { type Descriptor, DescriptorCodec, type Digest, isDigest } from '../image/index.js'
import { isObject, type JsonObject, parseJson } from './json-object.js'

/** A name of the store and the manifest that it points at. */
export interface NamedImage {
  /** The normalised reference. */
  readonly name: string
  /** The reference as the user typed it (S0-10); the name itself where another tool wrote the entry. */
  readonly typed: string
  /** The manifest. */
  readonly descriptor: Descriptor
  /** What the reference led to: the index that the manifest was chosen from, or the manifest itself. */
  readonly rootDigest?: Digest
  readonly rootMediaType?: string
}

const nameKey = 'org.opencontainers.image.ref.name'
const typedKey = 'io.windlass.reference.typed'
const rootDigestKey = 'io.windlass.root.digest'
const rootMediaTypeKey = 'io.windlass.root.media-type'

export const emptyIndex = '{"schemaVersion":2,"manifests":[]}\n'

export class IndexDocument {
  private constructor(
    private readonly document: JsonObject,
    private readonly manifests: readonly unknown[],
  ) {}

  /** @throws WindlassError STORE_CORRUPT where `text`, found at `path`, is no index */
  static parse(text: string, path: string): IndexDocument {
    const document = parseJson(text)
    const manifests = isObject(document) ? (document['manifests'] ?? []) : undefined
    if (!isObject(document) || document['schemaVersion'] !== 2 || !Array.isArray(manifests))
      throw new WindlassError('STORE_CORRUPT', `The store's list of names cannot be read, at ${path}`, {
        path,
        hint: 'Repair it or move it away: the images stay, and a pull gives them their names again.',
      })
    return new IndexDocument(document, manifests)
  }

  /** All entries as they stand, named or not. */
  get entries(): readonly unknown[] {
    return this.manifests
  }

  /** All names, in the order of the file; entries without a name, or that are no descriptors, are not ours to read. */
  get images(): NamedImage[] {
    return this.manifests.flatMap((entry) => namedImage(entry) ?? [])
  }

  /** With `image` in place of all entries of that name, at the place of the first. */
  with(image: NamedImage): IndexDocument {
    const at = this.manifests.findIndex((entry) => nameOf(entry) === image.name)
    const old = this.manifests[at]
    const others = this.without(image.name).manifests
    // Nothing of that name stands before the first, so the place is the same without them.
    const place = at < 0 ? others.length : at
    return new IndexDocument(this.document, others.toSpliced(place, 0, entryOf(image, old)))
  }

  without(name: string): IndexDocument {
    return new IndexDocument(
      this.document,
      this.manifests.filter((entry) => nameOf(entry) !== name),
    )
  }

  has(name: string): boolean {
    return this.manifests.some((entry) => nameOf(entry) === name)
  }

  toString(): string {
    return `${JSON.stringify({ ...this.document, manifests: this.manifests })}\n`
  }
}

function annotationsOf(entry: unknown): JsonObject {
  const annotations = isObject(entry) ? entry['annotations'] : undefined
  return isObject(annotations) ? annotations : {}
}

const nameOf = (entry: unknown): unknown => annotationsOf(entry)[nameKey]

function namedImage(entry: unknown): NamedImage | undefined {
  const annotations = annotationsOf(entry)
  const {
    [nameKey]: name,
    [typedKey]: typed,
    [rootDigestKey]: digest,
    [rootMediaTypeKey]: mediaType,
  } = annotations
  if (typeof name !== 'string' || !DescriptorCodec.is(entry)) return undefined
  return {
    name,
    typed: typeof typed === 'string' ? typed : name,
    descriptor: entry,
    ...(isDigest(digest) && { rootDigest: digest }),
    ...(typeof mediaType === 'string' && { rootMediaType: mediaType }),
  }
}

/** The entry for `image`. What an older entry says of the same manifest beside what we know is kept. */
function entryOf(
  { name, typed, descriptor, rootDigest, rootMediaType }: NamedImage,
  old: unknown,
): JsonObject {
  const kept = isObject(old) && old['digest'] === descriptor.digest ? old : {}
  return {
    ...kept,
    ...descriptor,
    annotations: {
      ...annotationsOf(kept),
      ...descriptor.annotations,
      [nameKey]: name,
      [typedKey]: typed,
      ...(rootDigest && { [rootDigestKey]: rootDigest }),
      ...(rootMediaType && { [rootMediaTypeKey]: rootMediaType }),
    },
  }
}
