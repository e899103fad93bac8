/**
 * Finds everything that the entries of `index.json` reference: documents, configs, and layers by digest and by diffID.
 * Entries of other tools count too. If a manifest or an index cannot be read, its references are unknown, and nothing is
 * collected.
 */
import {
  type Digest,
  type DigestLink,
  type GraphDocument,
  type GraphLink,
  configLinks,
  documentLinks,
  entryLink,
  isDigest,
  isUnsupportedDigest,
  isImageOrIndexEntry,
  isManifestLink,
  readDescriptor,
  walkGraph,
} from '../../image/index.js'
import type { JsonObject } from '../files/json-object.js'
import { annotationsOf } from '../names/index-entry.js'
import type { RootDocuments } from './root-documents.js'

/**
 * Returns the digests that `entries` of the index reference directly or indirectly.
 * @throws WindlassError STORE_CORRUPT when a reference cannot be resolved
 */
export async function reachableFrom(
  entries: readonly JsonObject[],
  documents: RootDocuments,
): Promise<Set<Digest>> {
  const needed = new Set<Digest>()
  const graph = walkGraph(entries.flatMap(rootLinksOf), {
    read: ({ link }) => read(link, documents),
    // The first entry that leads to a document may require less of it than another one.
    key: ({ descriptor, rootEntry, required }) =>
      `${descriptor.digest} ${required} ${isWindlassEntry(rootEntry)}`,
  })
  for await (const { link } of graph)
    // Garbage collection ignores files with unsupported digests.
    if (isDigest(link.descriptor.digest)) needed.add(link.descriptor.digest)
  const origins = walkGraph(entries.flatMap(originsOf), {
    read: async ({ link: { descriptor } }) => {
      const document = await documents.readIfPossible(descriptor.digest)
      return { links: documentLinks(document).filter(isManifestLink) }
    },
    // Keeps the indexes that led to the image, which may be nested. The image itself is kept by its own entry above.
    follow: async ({ descriptor }) =>
      Array.isArray((await documents.readIfPossible(descriptor.digest))['manifests']),
  })
  for await (const { link } of origins) needed.add(link.descriptor.digest)
  return needed
}

/** A reference that is reachable from the entry `rootEntry` of `index.json`. */
interface RootLink extends GraphLink {
  readonly rootEntry: JsonObject
  /**
   * Whether a missing target is an error. An index may list images that are not in the store. In an index that Windlass
   * has named, every image is required, because all of them were stored before the name.
   */
  readonly required: boolean
}

function rootLinksOf(rootEntry: JsonObject): RootLink[] {
  const { digest } = rootEntry
  if (typeof digest !== 'string' || !(isDigest(digest) || isUnsupportedDigest(digest))) return []
  return [{ ...entryLink({ digest }), rootEntry, required: true }]
}

async function read(
  { role, descriptor: { digest }, rootEntry, required }: RootLink,
  documents: RootDocuments,
): Promise<GraphDocument<RootLink> | undefined> {
  // A config only adds diffIDs. Without it, an unpacked layer is kept by the pointer from the blob in the manifest.
  const document =
    role === 'config'
      ? await documents.readIfPossible(digest)
      : await documents.read(digest, rootEntry, required)
  if (!document) return undefined
  const images = new Set<string>(isWindlassEntry(rootEntry) ? imagesIn(document) : [])
  const links = role === 'config' ? configLinks(document) : documentLinks(document)
  return {
    links: links.map((link) => ({ ...link, rootEntry, required: images.has(link.descriptor.digest) })),
  }
}

/**
 * Returns links to the digests in the annotations of Windlass: the index that the image was selected from, and the
 * schema 1 manifest that it was converted from.
 */
export const originsOf = (entry: JsonObject): DigestLink[] =>
  Object.entries(annotationsOf(entry)).flatMap(([key, digest]) =>
    key.startsWith('io.windlass.') && isDigest(digest) ? [entryLink({ digest })] : [],
  )

/** Reports whether Windlass wrote the entry. */
export const isWindlassEntry = (entry: JsonObject): boolean =>
  annotationsOf(entry)['io.windlass.reference.typed'] !== undefined

/** Returns the digests of the images and nested indexes in an index, without attestations and other artifacts. */
function imagesIn({ manifests }: JsonObject): readonly Digest[] {
  const entries: readonly unknown[] = Array.isArray(manifests) ? manifests : []
  return entries.flatMap((entry) => {
    const descriptor = readDescriptor(entry)
    return descriptor && isImageOrIndexEntry(descriptor) ? [descriptor.digest] : []
  })
}
