/** Removes entries of `index.json`. The blobs and layers of an image stay until garbage is collected. */
import { type WindlassError, asWindlassError } from '../lib/errors.js'
import { type Digest, isDigest } from '../lib/image/index.js'
import {
  findEntries,
  hasExpired,
  type IndexEntry,
  type Lease,
  type LeaseRecord,
  type Store,
  withoutHolds,
} from '../lib/store/index.js'
import {
  ambiguousError,
  entriesWithId,
  type NamesOf,
  referenceOf,
  unknownImageError,
} from './stored/find-stored.js'

/** An entry that was removed. */
export interface RemovedImage {
  /** Name in the store; for an entry without a name its digest, or its key if it had no digest. */
  readonly name: string
  /**
   * Digest that the name was resolved to: of the index, if there was one. Undefined if the entry had no valid digest.
   */
  readonly digest: Digest | undefined
  /** The leases that keep the content of the image until they end. Absent if there are none. */
  readonly leases?: readonly Lease[]
}

/** A word that did not identify an entry. */
export interface FailedRemoval {
  /** The word. */
  readonly name: string
  /** IMAGE_UNKNOWN, REFERENCE_INVALID, or USAGE if the start of a digest is ambiguous. */
  readonly error: WindlassError
}

/** Result for one word. */
export type RemovalOutcome = RemovedImage | FailedRemoval

/**
 * Removes the entries that `words` identify. A word is a name as `images` lists it, a digest of an entry or the start
 * of one, a key of an entry (`@…`), a reference, or the start of the ID of an image with one name. The list of names is read and written once for all words. A word
 * that identifies no entry does not stop the others.
 *
 * @param namesOf - returns the normalised names that a word may mean, in the order in which they are looked up (the
 *   normalised reference)
 * @returns the result of each word, in order
 * @throws STORE_* when the list of names cannot be read or written; nothing is removed then
 */
export async function removeImages(
  words: readonly string[],
  store: Store,
  signal?: AbortSignal,
  namesOf: NamesOf = (word) => [referenceOf(word)],
): Promise<readonly RemovalOutcome[]> {
  let outcomes: readonly RemovalOutcome[] = []
  const { leases } = await store.leases.list()
  const keys = await keysOfIds(words, store)
  await store.names.removeEntries((entries) => {
    const remaining = new RemainingEntries(entries, namesOf, keys)
    outcomes = words.map((word) => removeWord(word, remaining, leases, store.directory))
    return remaining.removed
  }, signal)
  return outcomes
}

/** Returns the keys of the entries with an image ID that starts with a word, for the words that may be such a start. */
async function keysOfIds(
  words: readonly string[],
  store: Store,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const entries = await store.names.entries()
  const found = await Promise.all(
    words.map(async (word) => {
      const keys = (await entriesWithId(word, entries, store)).map(({ key }) => key)
      return [word, keys] as const
    }),
  )
  return new Map(found)
}

function removeWord(
  word: string,
  remaining: RemainingEntries,
  leases: readonly LeaseRecord[],
  path: string,
): RemovalOutcome {
  try {
    const removed = remaining.take(word)
    if (!removed) throw unknownImageError(word, path)
    const digest = removed.image?.rootDigest ?? removed.digest
    const holding = leases.filter(
      (lease) => lease.digest === removed.digest && !hasExpired(lease, Date.now()),
    )
    return {
      name: removed.name ?? removed.digest ?? removed.key,
      digest: isDigest(digest) ? digest : undefined,
      ...(holding.length > 0 && { leases: holding.map(withoutHolds) }),
    }
  } catch (error) {
    return { name: word, error: asWindlassError(error) }
  }
}

/** The entries of a store that no word has selected yet. Each entry is removed for one word only. */
class RemainingEntries {
  /** Entries that were taken. */
  readonly removed: IndexEntry[] = []
  readonly #removedKeys = new Set<string>()
  readonly #byName = new Map<string, IndexEntry[]>()

  /**
   * @param namesOf returns the names that a word may mean
   * @param keysOfIds keys of entries by the starts of their IDs
   */
  constructor(
    private readonly entries: readonly IndexEntry[],
    private readonly namesOf: NamesOf,
    private readonly keysOfIds: ReadonlyMap<string, readonly string[]>,
  ) {
    for (const entry of entries) {
      if (entry.name === undefined) continue
      const namesakes = this.#byName.get(entry.name)
      if (namesakes) namesakes.push(entry)
      else this.#byName.set(entry.name, [entry])
    }
  }

  /**
   * Takes all entries that `word` identifies, and returns the first; undefined if there are none.
   * @throws USAGE, REFERENCE_INVALID as `findEntries` and `referenceOf`
   */
  take(word: string): IndexEntry | undefined {
    const found = this.#find(word)
    for (const entry of found) {
      this.removed.push(entry)
      this.#removedKeys.add(entry.key)
    }
    return found[0]
  }

  #find(word: string): readonly IndexEntry[] {
    // Most words are listed names. The map finds them without a search through all entries.
    const named = this.#remaining(this.#byName.get(word) ?? [])
    if (named.length > 0) return named
    const remaining = this.#remaining(this.entries)
    const listed = findEntries(remaining, word)
    if (listed.length > 0) return listed
    const found = this.namesOf(word).map((name) => findEntries(remaining, word, name))
    const referenced = found.find(({ length }) => length > 0)
    if (referenced) return referenced
    const keys = this.keysOfIds.get(word) ?? []
    const identified = remaining.filter(({ key }) => keys.includes(key))
    // As with Docker, an ID removes an image only if that is one name.
    if (new Set(identified.map(({ name }) => name)).size > 1) throw ambiguousError(word, identified)
    return identified
  }

  readonly #remaining = (entries: readonly IndexEntry[]): readonly IndexEntry[] =>
    entries.filter(({ key }) => !this.#removedKeys.has(key))
}
