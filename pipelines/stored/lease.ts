/** Leases images of a store: protects them from garbage collection for a time. */
import { join } from 'node:path'
import { type Lease, reachableFrom, RootDocuments, type Store, withoutHolds } from '../../lib/store/index.js'
import { findStored, type NamesOf, unknownImageError } from './find-stored.js'

/** What a lease is made of. */
export interface LeaseOrder {
  readonly owner: string
  /** Milliseconds until it ends; undefined for a lease that lasts until it is removed. */
  readonly duration: number | undefined
}

/**
 * Leases the image that `word` identifies; see `findStored`. The lease is for what the name points at now: a later pull of the name
 * does not change it.
 * @throws IMAGE_UNKNOWN; REFERENCE_INVALID; USAGE when the word is ambiguous; STORE_CORRUPT when it is unknown what the image needs;
 * STORE_*
 */
export async function leaseImage(
  word: string,
  { owner, duration }: LeaseOrder,
  store: Store,
  signal?: AbortSignal,
  namesOf?: NamesOf,
): Promise<Lease> {
  const { key, name, image } = await findStored(word, store, namesOf)
  const { digest } = image.descriptor
  const entries = (await store.names.rawEntries()).filter((entry) => entry['digest'] === digest)
  const index = join(store.directory, 'index.json')
  const documents = new RootDocuments(index, store.blobs, 'The image was not leased')
  const holds = [...(await reachableFrom(entries, documents))]
  await store.holdUntil(signal, ...holds)
  // While the entry is there, a collection keeps its content; from now on, the hold does, until the lease is written.
  if (!(await store.names.entries()).some((entry) => entry.key === key))
    throw unknownImageError(word, store.directory)
  const createdAt = Date.now()
  return withoutHolds(
    await store.leases.add({
      ...{ owner, image: name ?? digest, digest, createdAt, holds },
      ...(duration !== undefined && { expiresAt: createdAt + duration }),
    }),
  )
}
