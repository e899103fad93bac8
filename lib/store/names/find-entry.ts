/**
 * Which entries of `index.json` a user means by a word: by its name exactly as it is listed, by its digest or the start of
 * it, by its key, then by a reference.
 */
import { WindlassError } from '../../errors.js'
import { printable, quoted, titleLength } from '../../codec/index.js'
import { entryTitle, type IndexEntry } from './index-entry.js'

const digestStart = /^sha(?:256|384|512):[0-9a-f]{4,}$/

/** Whether `word` can be the digest of an entry, or the start of one. */
export const isDigestStart = (word: string): boolean => digestStart.test(word)

/**
 * The entries that `word` leads to: none, one, or several of one name. `reference` is what the word is as a reference,
 * where it is one.
 *
 * A digest stands for the entries that have no other name; where there are none, for the one name that points at it.
 *
 * @throws WindlassError USAGE where a digest does not tell several entries apart
 */
export function findEntries(
  entries: readonly IndexEntry[],
  word: string,
  reference?: string,
): readonly IndexEntry[] {
  const called = (name: string | undefined): readonly IndexEntry[] =>
    entries.filter((entry) => name !== undefined && entry.name === name)
  const shown = (): readonly IndexEntry[] =>
    entries.filter(({ name }) => name !== undefined && printable(name, titleLength) === word)
  const steps = [
    () => called(word),
    () => entries.filter(({ key }) => key === word),
    () => byDigest(entries, word),
    () => called(reference),
    () => onlyOne(shown(), word),
  ]
  for (const step of steps) {
    const found = step()
    if (found.length > 0) return found
  }
  return []
}

function byDigest(entries: readonly IndexEntry[], word: string): readonly IndexEntry[] {
  const whole = entries.filter((entry) => digestsOf(entry).includes(word))
  if (whole.length > 0) return unnamedFirst(whole, word)
  if (!isDigestStart(word)) return []
  const fits = entries.filter((entry) => digestsOf(entry).some((digest) => digest.startsWith(word)))
  const digests = new Set(fits.flatMap(digestsOf).filter((digest) => digest.startsWith(word)))
  if (digests.size > 1) throw unclear(word, [...digests])
  return fits.length > 0 ? unnamedFirst(fits, word) : []
}

/** Of the manifest, and of the index that it was chosen from: both are shown. */
const digestsOf = ({ digest, image }: IndexEntry): string[] => [
  ...(digest === undefined ? [] : [digest]),
  ...(image?.rootDigest === undefined ? [] : [image.rootDigest]),
]

function unnamedFirst(fits: readonly IndexEntry[], word: string): readonly IndexEntry[] {
  const unnamed = fits.filter(({ name }) => name === undefined)
  return unnamed.length > 0 ? unnamed : onlyOne(fits, word)
}

/** @throws WindlassError USAGE where there are several names */
function onlyOne(fits: readonly IndexEntry[], word: string): readonly IndexEntry[] {
  const names = new Set(fits.map(({ name }) => name))
  if (names.size > 1) throw unclear(word, fits.map(entryTitle))
  return fits
}

const unclear = (word: string, fits: readonly string[]): WindlassError =>
  new WindlassError(
    'USAGE',
    `${quoted(word)} stands for ${fits.length} images of the store: ${printable(fits.slice(0, 5).join(', '), 1_000)}`,
    { hint: 'Write more of the digest, or the name as “windlass images” lists it.' },
  )
