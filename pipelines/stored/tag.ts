/** Gives an image of the store another name. */
import { WindlassError } from '../../lib/errors.js'
import { quoted, maxImageNameLength } from '../../lib/codec/index.js'
import { checkPullable, parseReference, withDefaultTag } from '../../lib/image/index.js'
import { type NamedImage, type Store, findEntries, recoveryHints } from '../../lib/store/index.js'

/**
 * Makes `target` a name of the image that `word` identifies; see `removeImages`. An image that had this name loses it. Nothing is
 * copied.
 * @returns the new name
 * @throws IMAGE_UNKNOWN; REFERENCE_INVALID when `target` is not a reference with a tag; STORE_*
 */
export async function tagImage(
  word: string,
  target: string,
  store: Store,
  signal?: AbortSignal,
): Promise<NamedImage> {
  const reference = withDefaultTag(parseReference(target))
  checkPullable(reference)
  if (reference.digest !== undefined)
    throw new WindlassError('REFERENCE_INVALID', 'refusing to create a tag with a digest reference', {
      reference: target,
      hint: 'A digest is a name by itself. Leave it out.',
    })
  const found = findEntries(await store.names.entries(), word)[0]?.image
  if (!found)
    throw new WindlassError('IMAGE_UNKNOWN', `The store has no image ${quoted(word, maxImageNameLength)}`, {
      path: store.directory,
      hint: recoveryHints.list,
    })
  // The other name may be removed meanwhile.
  await store.holdUntil(signal, found.descriptor.digest)
  const named: NamedImage = { ...found, name: reference.toString(), typed: reference.familiar() }
  await store.names.set(named, signal)
  return named
}
