/** Takes a name away from an image. What it pointed at stays until garbage is collected. */
import { WindlassError } from '../lib/errors.js'
import { type Digest, parseImageName, withDefaultTag } from '../lib/image/index.js'
import type { Store } from '../lib/store/index.js'

export interface RemovedImage {
  /** As the store had it. */
  readonly name: string
  /** Digest of what it pointed at: the index's, if it was an index. */
  readonly digest: Digest
}

/** @throws WindlassError REFERENCE_INVALID; IMAGE_UNKNOWN where the store has no such name */
export async function removeImage(typed: string, store: Store): Promise<RemovedImage> {
  const named = parseImageName(typed)
  const name = named.kind === 'layout' ? typed : withDefaultTag(named.reference).toString()
  const found = await store.names.get(name, typed)
  if (!found || !(await store.names.remove(found.name)))
    throw new WindlassError('IMAGE_UNKNOWN', `Removing ${name}: the store has no image of that name`, {
      reference: name,
      path: store.directory,
      hint: 'See which there are with “windlass images”.',
    })
  return { name: found.name, digest: found.rootDigest ?? found.descriptor.digest }
}
