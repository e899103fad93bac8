/**
 * Finds everything that the entries of `index.json` reference, including entries of other tools: documents, configs,
 * and layers by digest and by diffID. If a document cannot be read, its references are unknown and nothing is
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
  isForeignDigest,
  isImageOrIndexEntry,
  isManifestLink,
  readDescriptor,
  walkGraph,
} from '../../image/index.js'
import type { BlobStore } from '../blobs/blobs.js'
import type { JsonObject } from '../files/json-object.js'
import { annotationsOf } from '../names/index-entry.js'
import { readIndex } from './garbage-index.js'
import { RootDocuments } from './root-documents.js'

/**
 * Returns the digests that the index at `indexPath` references directly or indirectly.
 * @throws WindlassError STORE_CORRUPT when a reference cannot be resolved
 */
export async function reachable(indexPath: string, blobs: BlobStore): Promise<Set<Digest>> {
  const needed = new Set<Digest>()
  const entries = await readIndex(indexPath)
  const documents = new RootDocuments(indexPath, blobs)
  const graph = walkGraph(entries.flatMap(rootLinksOf), { read: ({ link }) => read(link, documents) })
  for await (const { link } of graph)
    // Garbage collection ignores files with unsupported digests.
    if (isDigest(link.descriptor.digest)) needed.add(link.descriptor.digest)
  const origins = walkGraph(entries.flatMap(originsOf), {
    read: async ({ link: { descriptor } }) => {
      const document = await documents.readIfPossible(descriptor.digest)
      return { links: documentLinks(document).filter(isManifestLink) }
    },
    // Only indexes are followed: one index may lead to the selected image through another. The image itself has an entry
    // of its own.
    follow: async ({ descriptor }) =>
      Array.isArray((await documents.readIfPossible(descriptor.digest))['manifests']),
  })
  for await (const { link } of origins) needed.add(link.descriptor.digest)
  return needed
}

/** A reference that the entry `about` leads to. */
interface RootLink extends GraphLink {
  readonly about: JsonObject
  /**
   * Whether it is an error if the target is missing. An index may list images that are not in the store; an index that a
   * name of this program points at may not, because all its images were stored before it was named.
   */
  readonly required: boolean
}

function rootLinksOf(about: JsonObject): RootLink[] {
  const { digest } = about
  if (typeof digest !== 'string' || !(isDigest(digest) || isForeignDigest(digest))) return []
  return [{ ...entryLink({ digest }), about, required: true }]
}

async function read(
  { role, descriptor: { digest }, about, required }: RootLink,
  documents: RootDocuments,
): Promise<GraphDocument<RootLink> | undefined> {
  // An unreadable config is no error, because its layers are also found through their blobs.
  const document =
    role === 'config' ? await documents.readIfPossible(digest) : await documents.read(digest, about, required)
  if (!document) return undefined
  const images = new Set<string>(isOurs(about) ? imagesIn(document) : [])
  const links = role === 'config' ? configLinks(document) : documentLinks(document)
  return { links: links.map((link) => ({ ...link, about, required: images.has(link.descriptor.digest) })) }
}

/** Returns the index that an image was selected from, and the document that it was converted from. */
const originsOf = (entry: JsonObject): DigestLink[] =>
  Object.entries(annotationsOf(entry)).flatMap(([key, digest]) =>
    key.startsWith('io.windlass.') && isDigest(digest) ? [entryLink({ digest })] : [],
  )

const isOurs = (entry: JsonObject): boolean =>
  annotationsOf(entry)['io.windlass.reference.typed'] !== undefined

function imagesIn({ manifests }: JsonObject): readonly Digest[] {
  const entries: readonly unknown[] = Array.isArray(manifests) ? manifests : []
  return entries.flatMap((entry) => {
    const descriptor = readDescriptor(entry)
    return descriptor && isImageOrIndexEntry(descriptor) ? [descriptor.digest] : []
  })
}
