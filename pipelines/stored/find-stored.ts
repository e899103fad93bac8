/** Finds the entry of a store that a word on the command line refers to, also by an image ID. */
import { WindlassError, asWindlassError } from '../../lib/errors.js'
import { maxImageNameLength, printable, quoted } from '../../lib/codec/index.js'
import { defaultLimits } from '../../lib/limits.js'
import { parseImageManifest, parseImageName, withDefaultTag } from '../../lib/image/index.js'
import {
  entryDisplayName,
  findEntries,
  type IndexEntry,
  type NamedImage,
  recoveryHints,
  type Store,
} from '../../lib/store/index.js'
import { storedImages } from '../stored-images.js'

/** An entry that names an image. */
export type FoundEntry = IndexEntry & { readonly image: NamedImage }

/** Returns the normalised names that a word may mean, in the order in which they are looked up. @throws REFERENCE_INVALID */
export type NamesOf = (word: string) => readonly string[]

/**
 * Returns the entry that `word` refers to: a name as `windlass images` lists it, a reference, a digest or the start of one, a key,
 * or the start of an image ID. Of several names of the same image, returns the first.
 * @param namesOf the normalised reference alone by default
 * @throws IMAGE_UNKNOWN; REFERENCE_INVALID; USAGE when the word is ambiguous; STORE_*
 */
export async function findStored(word: string, store: Store, namesOf?: NamesOf): Promise<FoundEntry> {
  const found = await findIfStored(word, store, namesOf)
  if (found) return found
  referenceOf(word) // reports what is wrong with a word that is nothing at all
  throw unknownImageError(word, store.directory)
}

/** Like `findStored`, but returns undefined if the store has no such image. @throws USAGE when ambiguous; STORE_* */
export async function findIfStored(
  word: string,
  store: Store,
  namesOf: NamesOf = (each) => [referenceOf(each)],
): Promise<FoundEntry | undefined> {
  const entries = await store.names.entries()
  const names = ifReference(() => namesOf(word)) ?? []
  const [listed] = [undefined, ...names].flatMap((name) => findEntries(entries, word, name))
  const [entry, ...others] = listed ? [listed] : await entriesWithId(word, entries, store)
  if (others.some(({ digest }) => digest !== entry?.digest)) throw ambiguousError(word, [entry!, ...others])
  return entry?.image && { ...entry, image: entry.image }
}

/** The start of an image ID, as Docker and Podman show and accept it. */
const idPattern = /^[0-9a-f]{4,128}$/

/**
 * Returns the entries whose image has an ID that starts with `word`: the digest of the config, or of what the name points at,
 * without its algorithm. Images that cannot be read are left out.
 */
export async function entriesWithId(
  word: string,
  entries: readonly IndexEntry[],
  store: Store,
): Promise<readonly IndexEntry[]> {
  if (!idPattern.test(word)) return []
  const ids = await Promise.all(entries.map((entry) => idsOf(entry, store).catch(() => [])))
  return entries.filter((_, at) => ids[at]!.some((id) => id.replace(/^\w+:/, '').startsWith(word)))
}

async function idsOf({ image }: IndexEntry, store: Store): Promise<readonly string[]> {
  if (!image) return []
  const { descriptor, rootDigest } = image
  const configs = await Promise.all(
    (await storedImages(descriptor, store)).map(async ({ digest }) => {
      const bytes = await store.blobs.read(digest, defaultLimits.manifestBytes)
      return parseImageManifest(bytes).config.digest
    }),
  )
  return [...configs, descriptor.digest, ...(rootDigest === undefined ? [] : [rootDigest])]
}

/** Normalises a word as a reference. @throws REFERENCE_INVALID */
export function referenceOf(word: string): string {
  const named = parseImageName(word)
  return named.kind !== 'registry' ? word : withDefaultTag(named.reference).toString()
}

/** Returns the result of `read`; undefined if it throws REFERENCE_INVALID. */
function ifReference<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (asWindlassError(error).code !== 'REFERENCE_INVALID') throw error
    return undefined
  }
}

/** Returns the error for a word that names no image of the store in `path`. */
export const unknownImageError = (word: string, path: string): WindlassError =>
  new WindlassError('IMAGE_UNKNOWN', `The store has no image ${quoted(word, maxImageNameLength)}`, {
    ...{ reference: ifReference(() => referenceOf(word)) ?? word, path },
    hint: recoveryHints.list,
  })

/** Returns the error for the start of an ID that several images have. */
export const ambiguousError = (word: string, entries: readonly IndexEntry[]): WindlassError =>
  new WindlassError(
    'USAGE',
    `${quoted(word)} matches ${entries.length} names of the store: ${printable(entries.map(entryDisplayName).slice(0, 5).join(', '), 1_000)}`,
    { hint: 'Use a name that “windlass images” lists.' },
  )
