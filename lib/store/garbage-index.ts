/** The entries of `index.json` as a collector needs them: all of them, named or not, or an error. */
import { WindlassError } from '../errors.js'
import { isDigest } from '../image/index.js'
import { IndexDocument } from './index-document.js'
import { isObject, type JsonObject } from './json-object.js'
import { readRegular } from './read-regular.js'

/**
 * An empty file reads as no names elsewhere (S0-75); here that would be a reason to remove everything. So would be an
 * entry of which it cannot be told what it leads to, or which has rotted and may lead elsewhere than it did.
 * @throws WindlassError STORE_CORRUPT where the file is missing, empty or no index, or for such an entry
 */
export async function readIndex(path: string): Promise<readonly JsonObject[]> {
  const text = await readRegular(path)
  const index = IndexDocument.parse(text ?? '', path)
  const [rotten] = index.rotten
  if (rotten)
    throw unknown(path, `the entry of ${rotten.name ?? 'a name that is gone'} is not as it was written`)
  const entries = index.entries.filter(isObject)
  const odd = index.entries.length - entries.filter(({ digest }) => isDigest(digest)).length
  if (odd > 0) throw unknown(path, `${odd} of its entries have no digest that can be read`)
  return entries
}

const unknown = (path: string, why: string): WindlassError =>
  new WindlassError('STORE_CORRUPT', `Nothing was removed: in ${path}, ${why}`, {
    path,
    hint: 'See “windlass verify”. A pull writes the entry of its name again; “windlass rm” removes one.',
  })
