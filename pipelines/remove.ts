/** Removes entries of `index.json`. The blobs and layers of an image stay until garbage is collected. */
import { WindlassError, asWindlassError } from '../lib/errors.js'
import { quoted, maxImageNameLength } from '../lib/codec/index.js'
import { type Digest, isDigest, parseImageName, withDefaultTag } from '../lib/image/index.js'
import { type IndexEntry, type Store, findEntries, recoveryHints } from '../lib/store/index.js'

/** An entry that was removed. */
export interface RemovedImage {
  /** Name in the store; for an entry without a name its digest, or its key if it had no digest. */
  readonly name: string
  /**
   * Digest that the name was resolved to: of the index, if there was one. Undefined if the entry had no valid digest.
   */
  readonly digest: Digest | undefined
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
 * of one, a key of an entry (`@…`), or a reference. The list of names is read and written once for all words. A word
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
  await store.names.removeEntries((entries) => {
    const remaining = new RemainingEntries(entries, namesOf)
    outcomes = words.map((word) => removeWord(word, remaining, store.directory))
    return remaining.removed
  }, signal)
  return outcomes
}

/** Returns the names that a word may mean. @throws REFERENCE_INVALID */
type NamesOf = (word: string) => readonly string[]

function removeWord(word: string, remaining: RemainingEntries, path: string): RemovalOutcome {
  try {
    const removed = remaining.take(word)
    if (!removed) throw unknownImageError(word, path)
    const digest = removed.image?.rootDigest ?? removed.digest
    return {
      name: removed.name ?? removed.digest ?? removed.key,
      digest: isDigest(digest) ? digest : undefined,
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

  constructor(
    private readonly entries: readonly IndexEntry[],
    private readonly namesOf: NamesOf,
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
    return found.find(({ length }) => length > 0) ?? []
  }

  readonly #remaining = (entries: readonly IndexEntry[]): readonly IndexEntry[] =>
    entries.filter(({ key }) => !this.#removedKeys.has(key))
}

const unknownImageError = (word: string, path: string): WindlassError =>
  new WindlassError('IMAGE_UNKNOWN', `The store has no image ${quoted(word, maxImageNameLength)}`, {
    reference: referenceOf(word),
    path,
    hint: recoveryHints.list,
  })

/** Normalises a word as a reference. @throws REFERENCE_INVALID */
function referenceOf(word: string): string {
  const named = parseImageName(word)
  return named.kind !== 'registry' ? word : withDefaultTag(named.reference).toString()
}
