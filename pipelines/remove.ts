/** Takes names away from images. What they pointed at stays until garbage is collected. */
import { WindlassError, asWindlassError } from '../lib/errors.js'
import { type Digest, isDigest, parseImageName, withDefaultTag } from '../lib/image/index.js'
import { type IndexEntry, type Store, findEntries, waysOut } from '../lib/store/index.js'

export interface RemovedImage {
  /** As the store had it; of an entry without a name, its digest, else its key. */
  readonly name: string
  /** Digest of what it pointed at: the index's, if it was an index. Undefined where the entry had none that is known. */
  readonly digest: Digest | undefined
}

export interface FailedRemoval {
  /** The word that was asked for. */
  readonly name: string
  /** IMAGE_UNKNOWN, REFERENCE_INVALID, or USAGE where a digest does not tell several apart. */
  readonly error: WindlassError
}

/** What became of one of the words. */
export type RemovalOutcome = RemovedImage | FailedRemoval

/**
 * Removes the entries that `words` stand for: names as `images` lists them, digests of entries or the starts of them, keys
 * of entries (`@…`), or references. The list of names is read and written once, however many there are. A word that
 * stands for nothing does not stop the others.
 *
 * @returns what became of each word, in their order
 * @throws WindlassError STORE_* where the list of names cannot be read or written: then nothing is removed
 */
export async function removeImages(
  words: readonly string[],
  store: Store,
  signal?: AbortSignal,
): Promise<readonly RemovalOutcome[]> {
  let outcomes: readonly RemovalOutcome[] = []
  await store.names.removeEntries((entries) => {
    const left = new EntriesLeft(entries)
    outcomes = words.map((word) => removal(word, left, store.directory))
    return left.taken
  }, signal)
  return outcomes
}

function removal(word: string, left: EntriesLeft, path: string): RemovalOutcome {
  try {
    const removed = left.take(word)
    if (!removed) throw unknown(word, path)
    const digest = removed.image?.rootDigest ?? removed.digest
    return {
      name: removed.name ?? removed.digest ?? removed.key,
      digest: isDigest(digest) ? digest : undefined,
    }
  } catch (error) {
    return { name: word, error: asWindlassError(error) }
  }
}

/** The entries of a store, of which words take some: a word does not see what an earlier one took. */
class EntriesLeft {
  readonly taken: IndexEntry[] = []
  readonly #taken = new Set<string>()
  readonly #byName = new Map<string, IndexEntry[]>()

  constructor(private readonly entries: readonly IndexEntry[]) {
    for (const entry of entries) {
      if (entry.name === undefined) continue
      const namesakes = this.#byName.get(entry.name)
      if (namesakes) namesakes.push(entry)
      else this.#byName.set(entry.name, [entry])
    }
  }

  /** The first of the entries that `word` leads to; all of them are taken. @throws WindlassError as `findEntries` */
  take(word: string): IndexEntry | undefined {
    const found = this.#find(word)
    for (const entry of found) {
      this.taken.push(entry)
      this.#taken.add(entry.key)
    }
    return found[0]
  }

  #find(word: string): readonly IndexEntry[] {
    // Most words are names as they are listed: those need no search through all entries.
    const named = this.#left(this.#byName.get(word) ?? [])
    if (named.length > 0) return named
    const left = this.#left(this.entries)
    const listed = findEntries(left, word)
    return listed.length > 0 ? listed : findEntries(left, word, referenceOf(word))
  }

  readonly #left = (entries: readonly IndexEntry[]): readonly IndexEntry[] =>
    entries.filter(({ key }) => !this.#taken.has(key))
}

const unknown = (word: string, path: string): WindlassError =>
  new WindlassError('IMAGE_UNKNOWN', `Removing ${referenceOf(word)}: the store has no image of that name`, {
    reference: referenceOf(word),
    path,
    hint: waysOut.list,
  })

/** @throws WindlassError REFERENCE_INVALID */
function referenceOf(word: string): string {
  const named = parseImageName(word)
  return named.kind === 'layout' ? word : withDefaultTag(named.reference).toString()
}
