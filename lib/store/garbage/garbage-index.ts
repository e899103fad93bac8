/** Reads `index.json` for garbage collection. Fails if any entry cannot be read. */
import { WindlassError } from '../../errors.js'
import { isDigest, isUnsupportedDigest } from '../../image/index.js'
import { printable } from '../../codec/index.js'
import { IndexDocument } from '../names/index-document.js'
import { entryDisplayName, entryArgument, type IndexEntry } from '../names/index-entry.js'
import { isObject, type JsonObject } from '../files/json-object.js'
import { readRegular } from '../files/read-regular.js'

/**
 * Returns all entries of `index.json`, named or not. Unlike other readers, rejects an empty file and entries whose
 * target is unknown or corrupt: otherwise, images that are in use would be removed.
 * @throws WindlassError STORE_CORRUPT when the file is missing, empty or not an index, or has such an entry
 */
export async function readIndexEntries(path: string): Promise<readonly JsonObject[]> {
  const text = await readRegular(path)
  const index = IndexDocument.parse(text ?? '', path)
  const [corrupt] = index.corruptEntries
  if (corrupt) {
    const name = corrupt.name ?? 'an unreadable name'
    throw unreadableEntryError(path, `the entry of ${printable(name)} was damaged or changed`, corrupt)
  }
  for (const entry of index.entries)
    if (!isDigest(entry.digest) && !isUnsupportedDigest(entry.digest))
      throw unreadableEntryError(
        path,
        `it is unknown what the entry ${entryDisplayName(entry)} refers to`,
        entry,
      )
  return index.rawEntries.filter(isObject)
}

/** Returns the error for an entry that prevents the collection. `why` is a clause. */
const unreadableEntryError = (
  path: string,
  why: string,
  entry: Pick<IndexEntry, 'name' | 'digest' | 'key'>,
) =>
  new WindlassError('STORE_CORRUPT', `Nothing was removed, because ${why}: ${path}`, {
    path,
    hint: `Remove the entry with “windlass rm ${entryArgument(entry)}”. A pull of that name writes a new one.`,
  })
