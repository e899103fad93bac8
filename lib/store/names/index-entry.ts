/**
 * The entries of `index.json` one by one, also those that have no name, that cannot be read, or that other tools wrote
 * in their own way: what a command lists of them, and by which words they are found again.
 */
import { createHash } from 'node:crypto'
import { isForeignDigest, readDescriptor } from '../../image/index.js'
import { printable, quoted, titleLength } from '../../codec/index.js'
import type { NamedImage } from './named-image.js'
import { shellWord } from '../../codec/shell-word.js'
import { isObject } from '../files/json-object.js'

export interface IndexEntry {
  /** As it stands in the entry, and may be empty; undefined where it has none. */
  readonly name: string | undefined
  /** As it stands in the entry, supported or not; undefined where it has none. */
  readonly digest: string | undefined
  /** Leads to this entry whatever else it lacks: `@` and the start of the SHA-256 of its text. */
  readonly key: string
  /** What it points at; an entry without a name goes by its digest. Undefined where it cannot be read. */
  readonly image: NamedImage | undefined
  /** Why it cannot be read, as a clause. */
  readonly problem: string | undefined
}

/** Hexadecimal digits of an entry's key. */
const keyLength = 12

/** The key of an entry, as `JSON.parse` gave it. */
export const keyOf = (entry: unknown): string =>
  `@${createHash('sha256').update(JSON.stringify(entry)).digest('hex').slice(0, keyLength)}`

/** What a command may say of `entry`. `named` is what it points at under its name, if it has one that can be read. */
export function indexEntry(entry: unknown, name: unknown, named: NamedImage | undefined): IndexEntry {
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

/** What an entry points at: an entry without a name goes by its digest. */
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
  if (!isObject(entry)) return 'it is no object'
  if (digest === undefined) return 'it has no digest'
  if (isForeignDigest(digest))
    return `its digest is of the algorithm ${quoted(digest.replace(/:.*$/s, ''))}, which is not supported`
  return `it is no descriptor: ${printable(JSON.stringify({ digest, size: entry['size'], mediaType: entry['mediaType'] }))}`
}

/** How people and hints call the entry: its name as a terminal may show it, else its digest, else its key. */
export const entryTitle = ({ name, digest, key }: Pick<IndexEntry, 'name' | 'digest' | 'key'>): string =>
  name ? printable(name, titleLength) : printable(digest ?? key, titleLength)

/** The word by which a command line names the entry: its name where a shell takes it, else its digest or its key. */
export function entryWord({ name, digest, key }: Pick<IndexEntry, 'name' | 'digest' | 'key'>): string {
  if (name && !name.startsWith('-') && printable(name, titleLength) === name) return shellWord(name)
  return name === undefined && digest !== undefined && /^[\w+.:-]+$/.test(digest) ? digest : key
}
