/**
 * `index.json` of the layout: which names there are, and what they point at (image-spec, image-layout.md). Other
 * tools write it too, so whatever is in it that we do not know stays as it is.
 */
import { WindlassError } from '../../errors.js'
import { type Digest, isDigest, readDescriptor } from '../../image/index.js'
import { imageOf, type IndexEntry, indexEntry, keyOf } from './index-entry.js'
import { isObject, type JsonObject, parseJson } from '../files/json-object.js'
import type { NamedImage } from './named-image.js'
import { sealOf } from '../files/seal.js'
import { waysOut } from '../files/ways-out.js'

/** An entry of the store's that is not as the store wrote it. */
export interface CorruptEntry {
  /** As much as can be read of it. */
  readonly name: string | undefined
  readonly digest: Digest | undefined
  /** As `IndexEntry` has it. */
  readonly key: string
}

const nameKey = 'org.opencontainers.image.ref.name'
/** The same, sealed: other programs copy an entry whole and write only their name over ours. */
const ownNameKey = 'io.windlass.reference.name'
const typedKey = 'io.windlass.reference.typed'
const rootDigestKey = 'io.windlass.root.digest'
const rootMediaTypeKey = 'io.windlass.root.media-type'
/** SHA-256 of the rest of the entry, in hex: of what a name leads to nothing else tells that it has rotted. */
const sealPrefix = 'io.windlass.entry.'
const sealKey = `${sealPrefix}sha256`

export const emptyIndex = '{"schemaVersion":2,"manifests":[]}\n'

export class IndexDocument {
  private constructor(
    private readonly document: JsonObject,
    private readonly manifests: readonly unknown[],
  ) {}

  /** @throws WindlassError STORE_CORRUPT where `text`, found at `path`, is no index */
  static parse(text: string, path: string): IndexDocument {
    const document = parseJson(text)
    // Go writes null for no entries; no member at all is none of an index.
    const found = isObject(document) ? document['manifests'] : undefined
    const manifests = found === null ? [] : found
    if (!isObject(document) || document['schemaVersion'] !== 2 || !Array.isArray(manifests))
      throw new WindlassError('STORE_CORRUPT', `The store's list of names cannot be read, at ${path}`, {
        path,
        hint: waysOut.relist,
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

  /** What all entries point at, those without a name by their digest. */
  get all(): NamedImage[] {
    return this.manifests.flatMap((entry) => imageOf(entry, nameOf(entry), namedImage(entry)) ?? [])
  }

  /** What the entry of that name points at; of an entry without a name, its digest stands for it. Reads no other entry. */
  find(name: string): NamedImage | undefined {
    for (const entry of this.manifests) {
      const own = nameOf(entry)
      const word = typeof own === 'string' || !isObject(entry) ? own : entry['digest']
      const image = word === name ? imageOf(entry, own, namedImage(entry)) : undefined
      if (image) return image
    }
    return undefined
  }

  /** All entries, with what can be read of them, in the order of the file. */
  get listed(): IndexEntry[] {
    return this.manifests.map((entry) => indexEntry(entry, nameOf(entry), namedImage(entry)))
  }

  /** Without the entries of these keys. */
  withoutKeys(keys: ReadonlySet<string>): IndexDocument {
    return new IndexDocument(
      this.document,
      this.manifests.filter((entry) => !keys.has(keyOf(entry))),
    )
  }

  /** Entries of ours that are not as we wrote them: they have rotted, or another program changed them. */
  get corrupt(): CorruptEntry[] {
    return this.manifests
      .filter((entry) => this.#isRotten(entry))
      .map((entry) => {
        const name = nameOf(entry)
        const digest = isObject(entry) ? entry['digest'] : undefined
        return {
          name: typeof name === 'string' ? name : undefined,
          digest: isDigest(digest) ? digest : undefined,
          key: keyOf(entry),
        }
      })
  }

  /** Whether the entry of that name is one of them. */
  isRotten(name: string): boolean {
    return this.manifests.some((entry) => nameOf(entry) === name && this.#isRotten(entry))
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

  /** A copy under another name is not: but a name that one bit made of ours is, where ours is gone. */
  #isRotten(entry: unknown): boolean {
    if (!holds(entry)) return true
    const { [ownNameKey]: own, [nameKey]: name } = annotationsOf(entry)
    if (own === undefined || own === name) return false
    const isCopy = this.manifests.some((other) => nameOf(other) === own && holds(other))
    return !isCopy && (typeof own !== 'string' || typeof name !== 'string' || areOneBitApart(own, name))
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
    [ownNameKey]: own = name,
    [typedKey]: typed,
    [rootDigestKey]: digest,
    [rootMediaTypeKey]: mediaType,
  } = annotations
  const descriptor = readDescriptor(entry)
  if (typeof name !== 'string' || descriptor === undefined) return undefined
  if (own !== name) return { name, typed: name, descriptor }
  return {
    name,
    typed: typeof typed === 'string' ? typed : name,
    descriptor,
    ...(isDigest(digest) && { rootDigest: digest }),
    ...(typeof mediaType === 'string' && { rootMediaType: mediaType }),
  }
}

/**
 * Whether an entry is as we wrote it, but for its name; true where it is not ours. Ours are known by any trace of us: one
 * of the members that say so may be what has rotted.
 */
function holds(entry: unknown): boolean {
  const text = JSON.stringify(entry)
  if (!text.includes('io.windlass.')) return true
  const { [sealKey]: seal } = annotationsOf(entry)
  // Older stores have no seals. Of a seal that has rotted its key or its value is still there.
  if (seal === undefined) return !text.includes(sealPrefix) && !/"[0-9a-f]{64}"/.test(text)
  return isObject(entry) && seal === sealOfEntry(entry)
}

function sealOfEntry(entry: JsonObject): string {
  const sealed = { ...annotationsOf(entry), [sealKey]: undefined, [nameKey]: undefined }
  return sealOf({ ...entry, annotations: sealed })
}

/** A byte that one bit takes out of ASCII is read as the replacement character. */
function areOneBitApart(one: string, other: string): boolean {
  if (one.length !== other.length) return false
  const changed = Array.from(one.split('').keys()).filter((at) => one[at] !== other[at])
  const [at, ...more] = changed
  if (at === undefined || more.length > 0) return false
  const bits = one.charCodeAt(at) ^ other.charCodeAt(at)
  return (bits & (bits - 1)) === 0 || other[at] === '\ufffd'
}

/** The entry for `image`. What an older entry says of the same manifest beside what we know is kept. */
function entryOf(
  { name, typed, descriptor, rootDigest, rootMediaType }: NamedImage,
  old: unknown,
): JsonObject {
  const kept = isObject(old) && old['digest'] === descriptor.digest ? old : {}
  const annotations = {
    ...annotationsOf(kept),
    ...descriptor.annotations,
    [nameKey]: name,
    [ownNameKey]: name,
    [typedKey]: typed,
    ...(rootDigest && { [rootDigestKey]: rootDigest }),
    ...(rootMediaType && { [rootMediaTypeKey]: rootMediaType }),
  }
  const entry = { ...kept, ...descriptor, annotations }
  return { ...entry, annotations: { ...annotations, [sealKey]: sealOfEntry(entry) } }
}
