/** The entries of the index of a layout, and which of them a name selects. */
import {
  type Descriptor,
  type ImageIndex,
  type UnusableEntry,
  isConfigType,
  isReferrersTag,
} from '../../image/index.js'
import { WindlassError } from '../../errors.js'
import { printable, quoted } from '../../codec/index.js'

const refName = 'org.opencontainers.image.ref.name'

/** An entry of the index of a layout, usable or not. */
type LayoutEntry = Descriptor | UnusableEntry

const isUsable = (entry: LayoutEntry): entry is Descriptor => !('problem' in entry)

/** Returns the name of an entry. */
export const nameOfEntry = ({ annotations }: LayoutEntry): string | undefined => {
  const name = annotations?.[refName]
  return typeof name === 'string' ? name : undefined
}

/**
 * Returns the entry that `target` selects: by its name, `@N` by its position, or the only image for an empty one.
 * @param layout path of the layout, for errors
 * @throws MANIFEST_UNKNOWN if it does not select exactly one image; MANIFEST_INVALID or UNSUPPORTED if the entry cannot be used
 */
export function findEntry(target: string, index: ImageIndex, layout: string): Descriptor {
  const entries = entriesOf(index)
  const found = entriesMatching(target, entries)
  const usable = found.filter(isUsable)
  const [first] = usable
  // An image may have several names, and the index may list its manifest more than once.
  if (first && usable.every(({ digest }) => digest === first.digest)) return first
  const unusableEntry = found.find((entry): entry is UnusableEntry => !isUsable(entry))
  const shown = printable(layout)
  const image = target === '' ? 'image' : `image ${quoted(target)}`
  const details = { path: layout, hint: contentsOf(entries) }
  if (!first && unusableEntry)
    throw new WindlassError(
      unusableEntry.hasUnsupportedDigest ? 'UNSUPPORTED' : 'MANIFEST_INVALID',
      `The ${image} in ${shown} cannot be used: ${unusableEntry.problem}`,
      details,
    )
  if (!first) throw new WindlassError('MANIFEST_UNKNOWN', `${shown} has no ${image}`, details)
  const images = `${usable.length} images${target === '' ? '' : ` named ${quoted(target)}`}`
  throw new WindlassError('MANIFEST_UNKNOWN', `${shown} has ${images}: select one by its position`, details)
}

/** Returns whether an entry is listed as a referrer of an image: without a name and with an artifact type, or by its tag. */
const isReferrerEntry = (entry: LayoutEntry): boolean => {
  const name = nameOfEntry(entry)
  if (name !== undefined) return isReferrersTag(name)
  return isUsable(entry) && entry.artifactType !== undefined && !isConfigType(entry.artifactType)
}

/** Returns all entries in the order of the index. */
function entriesOf({ manifests, unusable }: ImageIndex): readonly LayoutEntry[] {
  const entries: LayoutEntry[] = [...manifests]
  for (const entry of unusable) entries.splice(entry.position, 0, entry)
  return entries
}

function entriesMatching(target: string, entries: readonly LayoutEntry[]): readonly LayoutEntry[] {
  // What belongs to an image, such as a signature, is not another image.
  if (target === '') return entries.filter((entry) => !isReferrerEntry(entry))
  const [, position] = /^@(\d+)$/.exec(target) ?? []
  if (position !== undefined) return entries.slice(Number(position), Number(position) + 1)
  return entries.filter((entry) => nameOfEntry(entry) === target)
}

/** Maximum number of entries that an error lists. */
const maxListed = 20

/** Returns a sentence that lists the images of the layout with the names that select them. */
function contentsOf(entries: readonly LayoutEntry[]): string {
  if (entries.length === 0) return 'The layout is empty.'
  return listImages('the layout', entries.map(nameOfEntry))
}

/**
 * Returns a sentence that lists images with the names that select them.
 * @param place where they are: `the layout`
 */
export function listImages(place: string, names: readonly (string | undefined)[]): string {
  const listed = names
    .slice(0, maxListed)
    .map((name, position) => (name === undefined ? `@${position}` : `@${position} ${quoted(name)}`))
  const more = names.length > maxListed ? `, and ${names.length - maxListed} more` : ''
  return `Images in ${place}: ${listed.join(', ')}${more}.`
}
