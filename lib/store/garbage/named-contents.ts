/** Groups the entries of `index.json` by the image that they name, with everything that the image needs. */
import { join } from 'node:path'
import { type Digest, isDigest } from '../../image/index.js'
import type { BlobStore } from '../blobs/blobs.js'
import type { JsonObject } from '../files/json-object.js'
import { annotationsOf, keyOf } from '../names/index-entry.js'
import type { NamedContent } from './expiry.js'
import { RootDocuments } from './root-documents.js'
import { isWindlassEntry, originsOf, reachableFrom } from './roots.js'

/**
 * Returns the images that `entries`, the entries of the index of `store`, name.
 * @throws WindlassError STORE_CORRUPT when it is unknown what an image needs
 */
export async function namedContents(
  entries: readonly JsonObject[],
  store: string,
  blobs: BlobStore,
): Promise<NamedContent[]> {
  const documents = new RootDocuments(join(store, 'index.json'), blobs)
  const images: NamedContent[] = []
  for (const [digest, group] of entriesByDigest(entries))
    images.push(await namedContent(digest, group, documents, blobs))
  return images
}

/** Groups entries by their digest. Entries without a supported digest name no image of ours and are left out. */
export function entriesByDigest(entries: readonly JsonObject[]): Map<Digest, JsonObject[]> {
  const groups = new Map<Digest, JsonObject[]>()
  for (const entry of entries) {
    const { digest } = entry
    if (isDigest(digest)) groups.set(digest, [...(groups.get(digest) ?? []), entry])
  }
  return groups
}

/**
 * Returns the image that `entries`, all with the digest `digest`, name.
 * @throws WindlassError STORE_CORRUPT when it is unknown what it needs
 */
export async function namedContent(
  digest: Digest,
  entries: readonly JsonObject[],
  documents: RootDocuments,
  blobs: BlobStore,
): Promise<NamedContent> {
  return {
    digest,
    names: entries.map(nameOf),
    keys: entries.map(keyOf),
    lastUsedAt: (await blobs.lastUsedAt(digest)) ?? 0,
    documents: [digest, ...entries.flatMap(originsOf).map(({ descriptor }) => descriptor.digest)],
    isForeign: !entries.every(isWindlassEntry),
    needs: await reachableFrom(entries, documents),
  }
}

/** Returns the name of an entry; its digest if it has none. */
function nameOf(entry: JsonObject): string {
  const name = annotationsOf(entry)['org.opencontainers.image.ref.name']
  return typeof name === 'string' ? name : String(entry['digest'])
}
