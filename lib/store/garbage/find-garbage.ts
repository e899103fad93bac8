/** Finds what a collection removes. Changes nothing. */
import { join } from 'node:path'
import type { Digest } from '../../image/index.js'
import type { BlobStore } from '../blobs/blobs.js'
import type { LeaseRecord } from '../leases/lease-record.js'
import { expiredLeases } from '../leases/leases.js'
import { keyOf } from '../names/index-entry.js'
import { type Expiry, planExpiry, type RetentionOptions } from './expiry.js'
import { readIndexEntries } from './garbage-index.js'
import { findHolders } from './holders.js'
import { inventory, type StoredItem } from './inventory.js'
import { namedContents } from './named-contents.js'
import { RootDocuments } from './root-documents.js'
import { reachableFrom } from './roots.js'

/** What a collection has found. */
export interface Findings {
  /** Content that nothing needs, once the expired images have no names any more. */
  readonly items: readonly StoredItem[]
  readonly expiry: Expiry
  readonly expiredLeases: readonly LeaseRecord[]
}

const nothingExpires: Expiry = { expired: [], keys: new Set(), kept: [], bytes: 0 }

/**
 * Finds what is to be removed from the store in `directory`. The caller holds the store's lock.
 * @throws WindlassError STORE_CORRUPT when it is unknown what an image, a mount or a lease needs; STORE_*; the errors of `node:fs`
 */
export async function findGarbage(
  directory: string,
  blobs: BlobStore,
  retention: RetentionOptions,
): Promise<Findings> {
  const now = Date.now()
  const index = join(directory, 'index.json')
  const entries = await readIndexEntries(index)
  const holders = await findHolders(directory, now)
  const { items } = await inventory(directory)
  const mayExpire = retention.keepStorage !== undefined || retention.unusedFor !== undefined
  const images = mayExpire ? await namedContents(entries, directory, blobs) : []
  const expiry = mayExpire ? planExpiry(images, items, holders, retention, now) : nothingExpires
  const left = entries.filter((entry) => !expiry.keys.has(keyOf(entry)))
  const needed = await reachableFrom(left, new RootDocuments(index, blobs))
  const isNeeded = (digest: Digest): boolean => needed.has(digest) || holders.digests.has(digest)
  return {
    expiry,
    expiredLeases: await expiredLeases(join(directory, 'leases'), now),
    items: items.filter(({ digest, blobs: origins }) => !isNeeded(digest) && !origins.some(isNeeded)),
  }
}
