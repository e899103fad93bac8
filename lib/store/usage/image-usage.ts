/** Measures what the images of a store take, and what they share. */
import { join } from 'node:path'
import { WindlassError } from '../../errors.js'
import type { BlobStore } from '../blobs/blobs.js'
import { itemsByDigest, itemsFor, type NamedContent } from '../garbage/expiry.js'
import { readableInventory, type StoredItem } from '../garbage/inventory.js'
import { entriesByDigest, namedContent } from '../garbage/named-contents.js'
import { RootDocuments } from '../garbage/root-documents.js'
import type { NameStore } from '../names/names.js'

/** The parts of a store that are measured. */
export interface MeasuredStore {
  readonly directory: string
  readonly blobs: BlobStore
  readonly names: NameStore
}

/** What an image takes of the store. Sizes are in bytes; of an unpacked layer, that of its trees as tar archives. */
export interface ImageUsage {
  /** Total size of its blobs and unpacked layers in the store. */
  readonly bytes: number
  /** The part of `bytes` that other images need as well. Names of the same image are one image. */
  readonly sharedBytes: number
  /** When the image was used last, or stored, in milliseconds since 1970. */
  readonly lastUsedAt: number
}

/** What the images of a store take. */
export interface ImagesUsage {
  /** By the key of the entry; without images whose documents cannot be read. */
  readonly byEntry: ReadonlyMap<string, ImageUsage>
  readonly items: readonly StoredItem[]
}

/** Measures the images of a store. @throws WindlassError STORE_* when the list of names or the content cannot be read */
export async function measureImages(store: MeasuredStore): Promise<ImagesUsage> {
  const images = await readableContents(store)
  const { items } = await readableInventory(store.directory)
  const byDigest = itemsByDigest(items)
  const itemsOf = new Map(images.map((image) => [image, itemsFor(image.needs, byDigest)]))
  const users = new Map<StoredItem, number>()
  for (const found of itemsOf.values()) for (const item of found) users.set(item, (users.get(item) ?? 0) + 1)
  const byEntry = new Map<string, ImageUsage>()
  for (const [{ keys, lastUsedAt }, found] of itemsOf) {
    const shared = [...found].filter((item) => (users.get(item) ?? 0) > 1)
    const usage = { bytes: totalBytes(found), sharedBytes: totalBytes(shared), lastUsedAt }
    for (const key of keys) byEntry.set(key, usage)
  }
  return { byEntry, items }
}

/** Returns the total size of `items` in bytes. */
export function totalBytes(items: Iterable<Pick<StoredItem, 'bytes'>>): number {
  let total = 0
  for (const { bytes } of items) total += bytes
  return total
}

/** Returns the images of which is known what they need. */
async function readableContents({ directory, blobs, names }: MeasuredStore): Promise<NamedContent[]> {
  const documents = new RootDocuments(join(directory, 'index.json'), blobs)
  const images: NamedContent[] = []
  for (const [digest, entries] of entriesByDigest(await names.rawEntries()))
    try {
      images.push(await namedContent(digest, entries, documents, blobs))
    } catch (error) {
      if (!(error instanceof WindlassError)) throw error
    }
  return images
}
