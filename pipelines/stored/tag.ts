/** Gives an image of the store another name. */
import { WindlassError } from '../../lib/errors.js'
import { checkPullable, parseReference, withDefaultTag } from '../../lib/image/index.js'
import type { NamedImage, Store } from '../../lib/store/index.js'
import { findStored, type NamesOf } from './find-stored.js'

/**
 * Makes `target` a name of the image that `word` identifies; see `findStored`. An image that had this name loses it. Nothing is
 * copied.
 * @returns the new name
 * @throws IMAGE_UNKNOWN; REFERENCE_INVALID when `target` is not a reference with a tag; STORE_*
 */
export async function tagImage(
  word: string,
  target: string,
  store: Store,
  signal?: AbortSignal,
  namesOf?: NamesOf,
): Promise<NamedImage> {
  const reference = withDefaultTag(parseReference(target))
  checkPullable(reference)
  if (reference.digest !== undefined)
    throw new WindlassError('REFERENCE_INVALID', 'refusing to create a tag with a digest reference', {
      reference: target,
      hint: 'A digest is a name by itself. Leave it out.',
    })
  const { image: found } = await findStored(word, store, namesOf)
  // The other name may be removed meanwhile.
  await store.holdUntil(signal, found.descriptor.digest)
  const named: NamedImage = { ...found, name: reference.toString(), typed: reference.familiar() }
  await store.names.set(named, signal)
  return named
}
