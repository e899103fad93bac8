/**
 * The document `index.json` of the layout: the names and what they point at (image-spec, image-layout.md). Other tools
 * write it as well, so unknown content is preserved.
 */
import { WindlassError } from '../../errors.js'
import { type Digest, isDigest, readDescriptor } from '../../image/index.js'
import { annotationsOf, imageOf, type IndexEntry, describeEntry, keyOf } from './index-entry.js'
import { isObject, type JsonObject, parseJson } from '../files/json-object.js'
import type { NamedImage } from './named-image.js'
import { checksumOf } from '../files/checksum.js'
import { recoveryHints } from '../files/recovery-hints.js'

/** An entry of this program that is corrupt or was changed by another program. */
export interface CorruptEntry {
  /** The name, if it can be read. */
  readonly name: string | undefined
  /** The digest, if it can be read. */
  readonly digest: Digest | undefined
  /** See `IndexEntry.key`. */
  readonly key: string
}

const nameKey = 'org.opencontainers.image.ref.name'
/**
 * The annotation with the name that Windlass wrote, which the checksum covers. Other programs copy an entry under
 * another name by replacing only the standard annotation, which the checksum does not cover.
 */
const ownNameKey = 'io.windlass.reference.name'
const typedKey = 'io.windlass.reference.typed'
const rootDigestKey = 'io.windlass.root.digest'
const rootMediaTypeKey = 'io.windlass.root.media-type'
const checksumPrefix = 'io.windlass.entry.'
/** The annotation with the SHA-256 of the rest of the entry, in hex. Detects corruption of the entry. */
const checksumKey = `${checksumPrefix}sha256`

/** The content of an `index.json` without entries. */
export const emptyIndex = '{"schemaVersion":2,"manifests":[]}\n'

/** The content of an `index.json`. Immutable: changes return a new object. */
export class IndexDocument {
  private constructor(
    private readonly document: JsonObject,
    private readonly manifests: readonly unknown[],
  ) {}

  /** Parses `text`, the content of `path`. @throws WindlassError STORE_CORRUPT when it is not an index */
  static parse(text: string, path: string): IndexDocument {
    const document = parseJson(text)
    // Go writes null for an empty list. A missing member, in contrast, makes the document invalid.
    const found = isObject(document) ? document['manifests'] : undefined
    const manifests = found === null ? [] : found
    if (!isObject(document) || document['schemaVersion'] !== 2 || !Array.isArray(manifests))
      throw new WindlassError('STORE_CORRUPT', `The list of names of the store is not valid: ${path}`, {
        path,
        hint: recoveryHints.relist,
      })
    return new IndexDocument(document, manifests)
  }

  /** All entries as parsed JSON, named or not. */
  get rawEntries(): readonly unknown[] {
    return this.manifests
  }

  /** The named images in the order of the file. Skips entries without a name and entries that are not descriptors. */
  get namedImages(): NamedImage[] {
    return this.manifests.flatMap((entry) => namedImage(entry) ?? [])
  }

  /** All images in the order of the file; entries without a name are named by their digest. */
  get allImages(): NamedImage[] {
    return this.manifests.flatMap((entry) => imageOf(entry, nameOf(entry), namedImage(entry)) ?? [])
  }

  /** Returns the image with the name `name`, or the unnamed entry with that digest. Does not parse other entries. */
  find(name: string): NamedImage | undefined {
    for (const entry of this.manifests) {
      const own = nameOf(entry)
      const word = typeof own === 'string' || !isObject(entry) ? own : entry['digest']
      const image = word === name ? imageOf(entry, own, namedImage(entry)) : undefined
      if (image) return image
    }
    return undefined
  }

  /** All entries in the order of the file, with what can be read of them. */
  get entries(): IndexEntry[] {
    return this.manifests.map((entry) => describeEntry(entry, nameOf(entry), namedImage(entry)))
  }

  /** Returns the index without the entries that have one of `keys`. */
  withoutKeys(keys: ReadonlySet<string>): IndexDocument {
    return new IndexDocument(
      this.document,
      this.manifests.filter((entry) => !keys.has(keyOf(entry))),
    )
  }

  /** The entries of this program that are corrupt or were changed by another program. */
  get corruptEntries(): CorruptEntry[] {
    return this.manifests
      .filter((entry) => this.#isCorrupt(entry))
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

  /** Reports whether the entry named `name` is corrupt. */
  isCorrupt(name: string): boolean {
    return this.manifests.some((entry) => nameOf(entry) === name && this.#isCorrupt(entry))
  }

  /** Returns the index with `image` in place of all entries with its name, at the position of the first. */
  withImage(image: NamedImage): IndexDocument {
    const at = this.manifests.findIndex((entry) => nameOf(entry) === image.name)
    const old = this.manifests[at]
    const others = this.withoutName(image.name).manifests
    // Nothing before position `at` is removed, so the position is the same in `others`.
    const place = at < 0 ? others.length : at
    return new IndexDocument(this.document, others.toSpliced(place, 0, entryOf(image, old)))
  }

  /** Returns the index without the entries named `name`. */
  withoutName(name: string): IndexDocument {
    return new IndexDocument(
      this.document,
      this.manifests.filter((entry) => nameOf(entry) !== name),
    )
  }

  /** Reports whether there is an entry named `name`. */
  has(name: string): boolean {
    return this.manifests.some((entry) => nameOf(entry) === name)
  }

  /**
   * Reports whether an entry is corrupt. If the two annotations with its name differ, another tool has copied the
   * entry to another name, which is not corruption. But if no entry has the original name, and the two names differ in
   * a single bit, the name is corrupt.
   */
  #isCorrupt(entry: unknown): boolean {
    if (!isIntact(entry)) return true
    const { [ownNameKey]: own, [nameKey]: name } = annotationsOf(entry)
    if (own === undefined || own === name) return false
    const isCopy = this.manifests.some((other) => nameOf(other) === own && isIntact(other))
    return !isCopy && (typeof own !== 'string' || typeof name !== 'string' || areOneBitApart(own, name))
  }

  /** Serializes the index. */
  toString(): string {
    return `${JSON.stringify({ ...this.document, manifests: this.manifests })}\n`
  }
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
 * Reports whether the checksum of an entry matches; true for entries of other tools. One remaining annotation of
 * Windlass suffices to identify its entries, because corruption may have destroyed the others.
 */
function isIntact(entry: unknown): boolean {
  const text = JSON.stringify(entry)
  if (!text.includes('io.windlass.')) return true
  const { [checksumKey]: checksum } = annotationsOf(entry)
  // Entries of older versions have no checksum. If corruption hid the checksum, its key or its value is still there.
  if (checksum === undefined) return !text.includes(checksumPrefix) && !/"[0-9a-f]{64}"/.test(text)
  return isObject(entry) && checksum === checksumOfEntry(entry)
}

function checksumOfEntry(entry: JsonObject): string {
  const sealed = { ...annotationsOf(entry), [checksumKey]: undefined, [nameKey]: undefined }
  return checksumOf({ ...entry, annotations: sealed })
}

/**
 * Reports whether `one` and `other` differ in a single bit. If a flipped bit makes a byte invalid UTF-8, `other` has
 * U+FFFD at this position.
 */
function areOneBitApart(one: string, other: string): boolean {
  if (one.length !== other.length) return false
  const changed = Array.from(one.split('').keys()).filter((at) => one[at] !== other[at])
  const [at, ...more] = changed
  if (at === undefined || more.length > 0) return false
  const bits = one.charCodeAt(at) ^ other.charCodeAt(at)
  return (bits & (bits - 1)) === 0 || other[at] === '\ufffd'
}

/** Returns the entry for `image`. Keeps unknown members of an older entry of the same manifest. */
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
  return { ...entry, annotations: { ...annotations, [checksumKey]: checksumOfEntry(entry) } }
}
