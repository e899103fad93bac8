/** Takes a name away from an image. What it pointed at stays until garbage is collected. */
import { WindlassError } from '../lib/errors.js'
import { type Digest, isDigest, parseImageName, withDefaultTag } from '../lib/image/index.js'
import { type Store, findEntries, waysOut } from '../lib/store/index.js'

export interface RemovedImage {
  /** As the store had it; of an entry without a name, its digest, else its key. */
  readonly name: string
  /** Digest of what it pointed at: the index's, if it was an index. Undefined where the entry had none that is known. */
  readonly digest: Digest | undefined
}

/**
 * Removes the entry that `word` stands for: a name as `images` lists it, the digest of an entry or the start of one, the
 * key of an entry (`@…`), or a reference.
 *
 * @throws WindlassError IMAGE_UNKNOWN where the store has no such entry, REFERENCE_INVALID where that is no reference
 * either; USAGE where a digest does not tell several apart
 */
export async function removeImage(word: string, store: Store, signal?: AbortSignal): Promise<RemovedImage> {
  const [removed] = await store.names.removeEntries((entries) => {
    const [listed] = findEntries(entries, word)
    return findEntries(entries, word, listed ? undefined : referenceOf(word))
  }, signal)
  if (!removed)
    throw new WindlassError(
      'IMAGE_UNKNOWN',
      `Removing ${referenceOf(word)}: the store has no image of that name`,
      {
        reference: referenceOf(word),
        path: store.directory,
        hint: waysOut.list,
      },
    )
  const digest = removed.image?.rootDigest ?? removed.digest
  return {
    name: removed.name ?? removed.digest ?? removed.key,
    digest: isDigest(digest) ? digest : undefined,
  }
}

/** @throws WindlassError REFERENCE_INVALID */
function referenceOf(word: string): string {
  const named = parseImageName(word)
  return named.kind === 'layout' ? word : withDefaultTag(named.reference).toString()
}
