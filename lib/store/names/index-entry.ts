/**
 * The entries of `index.json` as commands list and address them, including entries without a name, malformed entries
 * and those of other tools.
 */
import { createHash } from 'node:crypto'
import { isUnsupportedDigest, readDescriptor } from '../../image/index.js'
import { printable, quoted, maxImageNameLength } from '../../codec/index.js'
import type { NamedImage } from './named-image.js'
import { shellWord } from '../../codec/shell-word.js'
import { isObject, type JsonObject } from '../files/json-object.js'

/** An entry of `index.json`. */
export interface IndexEntry {
  /** The name as in the entry, possibly empty; undefined if there is none. */
  readonly name: string | undefined
  /** The digest as in the entry, supported or not; undefined if there is none. */
  readonly digest: string | undefined
  /** Identifies the entry even without name and digest: `@` and the first digits of the SHA-256 of its JSON. */
  readonly key: string
  /** The image that the entry points at; an unnamed entry is named by its digest. Undefined if it cannot be read. */
  readonly image: NamedImage | undefined
  /** Why the image cannot be read, as a clause. Undefined if it can. */
  readonly problem: string | undefined
}

/** Number of hexadecimal digits of a key. */
const keyLength = 12

/** Returns the key of a parsed entry. */
export const keyOf = (entry: unknown): string =>
  `@${createHash('sha256').update(JSON.stringify(entry)).digest('hex').slice(0, keyLength)}`

/** Returns the annotations of a parsed entry; none if they cannot be read. */
export function annotationsOf(entry: unknown): JsonObject {
  const annotations = isObject(entry) ? entry['annotations'] : undefined
  return isObject(annotations) ? annotations : {}
}

/**
 * Describes a parsed entry.
 * @param name the value of the annotation with the name, if there is one
 * @param named the image that this name points at, if it can be read
 */
export function describeEntry(entry: unknown, name: unknown, named: NamedImage | undefined): IndexEntry {
  const digest = isObject(entry) && typeof entry['digest'] === 'string' ? entry['digest'] : undefined
  const image = imageOf(entry, name, named)
  return {
    name: typeof name === 'string' ? name : undefined,
    digest,
    key: keyOf(entry),
    image,
    problem: image ? undefined : problemOf(entry, digest),
  }
}

/** Returns the image that an entry points at; an unnamed entry is named by its digest. */
export function imageOf(
  entry: unknown,
  name: unknown,
  named: NamedImage | undefined,
): NamedImage | undefined {
  if (named || typeof name === 'string') return named
  const descriptor = readDescriptor(entry)
  return descriptor && { name: descriptor.digest, typed: descriptor.digest, descriptor }
}

function problemOf(entry: unknown, digest: string | undefined): string {
  if (!isObject(entry)) return 'it is not an object'
  if (digest === undefined) return 'it has no digest'
  if (isUnsupportedDigest(digest))
    return `its digest has the algorithm ${quoted(digest.replace(/:.*$/s, ''))}, which is not supported`
  return `it is not a descriptor: ${printable(JSON.stringify({ digest, size: entry['size'], mediaType: entry['mediaType'] }))}`
}

/**
 * Returns the title of the entry for messages: its name, safe for a terminal, otherwise its digest, otherwise its key.
 */
export const entryDisplayName = ({
  name,
  digest,
  key,
}: Pick<IndexEntry, 'name' | 'digest' | 'key'>): string =>
  name ? printable(name, maxImageNameLength) : printable(digest ?? key, maxImageNameLength)

/**
 * Returns the word that refers to the entry on a command line: its name if it can be typed, otherwise its digest or
 * key.
 */
export function entryArgument({ name, digest, key }: Pick<IndexEntry, 'name' | 'digest' | 'key'>): string {
  if (name && !name.startsWith('-') && printable(name, maxImageNameLength) === name) return shellWord(name)
  return name === undefined && digest !== undefined && /^[\w+.:-]+$/.test(digest) ? digest : key
}
