/**
 * Finds the entries of `index.json` that a word on the command line refers to: by exact name, key, digest or start of a
 * digest, reference, or displayed name.
 */
import { WindlassError } from '../../errors.js'
import { printable, quoted, maxImageNameLength } from '../../codec/index.js'
import { entryDisplayName, type IndexEntry } from './index-entry.js'

const digestStartPattern = /^sha(?:256|384|512):[0-9a-f]{4,}$/

/** Reports whether `word` is a digest or the start of one. */
export const isDigestStart = (word: string): boolean => digestStartPattern.test(word)

/**
 * Returns the entries that `word` refers to: none, one, or several with the same name. A digest refers to the entries
 * without a name that have it; if there are none, to the entry with a name, which must be the only one.
 *
 * @param reference `word` as a normalized reference, if it is a reference
 *
 * @throws WindlassError USAGE when `word` is ambiguous
 */
export function findEntries(
  entries: readonly IndexEntry[],
  word: string,
  reference?: string,
): readonly IndexEntry[] {
  const entriesNamed = (name: string | undefined): readonly IndexEntry[] =>
    entries.filter((entry) => name !== undefined && entry.name === name)
  const entriesShownAsWord = (): readonly IndexEntry[] =>
    entries.filter(({ name }) => name !== undefined && printable(name, maxImageNameLength) === word)
  const steps = [
    () => entriesNamed(word),
    () => entries.filter(({ key }) => key === word),
    () => byDigest(entries, word),
    () => entriesNamed(reference),
    () => onlyOne(entriesShownAsWord(), word),
  ]
  for (const step of steps) {
    const found = step()
    if (found.length > 0) return found
  }
  return []
}

function byDigest(entries: readonly IndexEntry[], word: string): readonly IndexEntry[] {
  const exact = entries.filter((entry) => digestsOf(entry).includes(word))
  if (exact.length > 0) return unnamedFirst(exact, word)
  if (!isDigestStart(word)) return []
  const matches = entries.filter((entry) => digestsOf(entry).some((digest) => digest.startsWith(word)))
  const digests = new Set(matches.flatMap(digestsOf).filter((digest) => digest.startsWith(word)))
  if (digests.size > 1) throw ambiguousError(word, [...digests])
  return matches.length > 0 ? unnamedFirst(matches, word) : []
}

/** Returns the digests of the manifest and of the index that it was selected from. Commands show both to the user. */
const digestsOf = ({ digest, image }: IndexEntry): string[] => [
  ...(digest === undefined ? [] : [digest]),
  ...(image?.rootDigest === undefined ? [] : [image.rootDigest]),
]

function unnamedFirst(matches: readonly IndexEntry[], word: string): readonly IndexEntry[] {
  const unnamed = matches.filter(({ name }) => name === undefined)
  return unnamed.length > 0 ? unnamed : onlyOne(matches, word)
}

/** Returns `matches`, which must all have the same name. @throws WindlassError USAGE when they do not */
function onlyOne(matches: readonly IndexEntry[], word: string): readonly IndexEntry[] {
  const names = new Set(matches.map(({ name }) => name))
  if (names.size > 1) throw ambiguousError(word, matches.map(entryDisplayName))
  return matches
}

const ambiguousError = (word: string, matches: readonly string[]): WindlassError =>
  new WindlassError(
    'USAGE',
    `${quoted(word)} matches ${matches.length} images of the store: ${printable(matches.slice(0, 5).join(', '), 1_000)}`,
    { hint: 'Type more of the digest, or a name that “windlass images” lists.' },
  )
