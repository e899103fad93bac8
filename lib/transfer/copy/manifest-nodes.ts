/** Reads the manifests that a copy consists of. */
import {
  type Descriptor,
  type Digest,
  type GraphLink,
  type ManifestDocument,
  blobsOf,
  entryLink,
  isForeignLayerType,
  mediaTypes,
  walkGraph,
} from '../../image/index.js'
import { WindlassError } from '../../errors.js'
import type { Limits } from '../../limits.js'
import type { ManifestNode } from './elements.js'
import { inSlots } from './in-slots.js'
import { ReadAhead } from './read-ahead.js'

/** What the walk asks for. */
export interface NodesOptions {
  /** Name of the image, for errors. */
  readonly reference: string
  readonly limits: Pick<Limits, 'manifestBytes' | 'indexDepth'>
  readonly signal: AbortSignal
  /** Fetches and verifies a manifest that an index lists. */
  fetch(entry: Descriptor, signal: AbortSignal): Promise<ManifestDocument>
  /** Returns the size of a layer whose manifest does not state it. */
  sizeOf(digest: Digest, signal: AbortSignal): Promise<number>
  /** Returns whether the target has the image that a descriptor names, with its blobs. */
  has(image: Descriptor, signal: AbortSignal): Promise<boolean>
}

/** Maximum number of manifests that one name may lead to. */
export const maxManifests = 1_000

/** Maximum total size of the manifests of one name, in manifests of the maximum size: all are in memory until the end. */
const maxFullManifests = 16

/** Number of manifests that are read ahead, and of sizes that are asked for concurrently. */
const slots = 4

/**
 * Returns every manifest below `root` once, and `root` last: children come before parents. Images that the target has
 * are left out, unless it is the root, which then has no blobs.
 * @throws LIMIT_EXCEEDED when there are too many manifests, or they are too large or nested too deeply; errors of
 * `options`
 */
export async function manifestNodes(
  root: ManifestDocument,
  options: NodesOptions,
): Promise<readonly ManifestNode[]> {
  const { signal } = options
  const documents = await documentsOf(root, options)
  const heightOf = heightsIn(documents)
  const nodes: ManifestNode[] = []
  for (const document of documents.values()) {
    const isThere = document === root && root.kind !== 'index' && (await options.has(root.descriptor, signal))
    const blobs = isThere ? [] : await blobsIn(document, options)
    nodes.push({
      ...{ descriptor: document.descriptor, bytes: document.bytes, height: heightOf(document) },
      ...{ blobs: blobs.filter((blob) => !isForeign(blob)), foreign: blobs.filter(isForeign) },
    })
  }
  return nodes.toSorted((one, other) => one.height - other.height)
}

type Documents = ReadonlyMap<Digest, ManifestDocument>

/** Reads all manifests by their digests, without the images that the target has. */
async function documentsOf(root: ManifestDocument, options: NodesOptions): Promise<Documents> {
  const { reference, limits, signal } = options
  const { indexDepth, manifestBytes } = limits
  const entries = new Map<Digest, Descriptor>([[root.descriptor.digest, root.descriptor]])
  const ahead = new ReadAhead<Digest, ManifestDocument | undefined>(
    async (digest, reading) => {
      const entry = entries.get(digest)!
      return (await options.has(entry, reading)) ? undefined : options.fetch(entry, reading)
    },
    { slots, signal },
  )
  const graph = walkGraph<GraphLink<Descriptor>, ManifestDocument>([entryLink(root.descriptor)], {
    reference,
    limits: { indexDepth, bytes: maxFullManifests * manifestBytes },
    async read({ link, parent }) {
      const content = parent ? await ahead.get(link.descriptor.digest) : root
      if (!content) return undefined
      const children = content.kind === 'index' ? content.index.manifests : []
      const fresh = children.filter(({ digest }) => !entries.has(digest))
      for (const child of fresh) entries.set(child.digest, child)
      if (entries.size > maxManifests) throw tooMany(reference)
      ahead.plan([...new Set(fresh.map(({ digest }) => digest))])
      return { content, bytes: content.bytes.length, links: children.map(entryLink) }
    },
  })
  const documents = new Map<Digest, ManifestDocument>()
  try {
    for await (const { content } of graph) if (content) documents.set(content.descriptor.digest, content)
  } finally {
    await ahead.close()
  }
  return documents
}

const tooMany = (reference: string): WindlassError =>
  new WindlassError('LIMIT_EXCEEDED', `${reference} leads to more than ${maxManifests} manifests`, {
    reference,
  })

/** Returns the function that gives the height of a manifest. The depth of indexes is limited, and so the recursion. */
function heightsIn(documents: Documents): (document: ManifestDocument) => number {
  const known = new Map<ManifestDocument, number>()
  const heightOf = (document: ManifestDocument): number => {
    const before = known.get(document)
    if (before !== undefined || document.kind !== 'index') return before ?? 0
    const heights = document.index.manifests.map(({ digest }) => {
      const child = documents.get(digest)
      return child === undefined ? 0 : heightOf(child)
    })
    const height = 1 + heights.reduce((highest, each) => Math.max(highest, each), 0)
    known.set(document, height)
    return height
  }
  return heightOf
}

async function blobsIn(document: ManifestDocument, options: NodesOptions): Promise<Descriptor[]> {
  if (document.kind === 'index') return []
  if (document.kind === 'image') return blobsOf(document.manifest)
  const digests = [...new Set(document.schema1.fsLayers.map(({ blobSum }) => blobSum))]
  return inSlots(digests, slots, async (digest) => ({
    ...{ mediaType: mediaTypes.dockerLayerGzip, digest },
    size: await options.sizeOf(digest, options.signal),
  }))
}

/** Reports whether a blob is a layer with URLs that its publisher alone distributes. Pullers take it from there. */
const isForeign = ({ mediaType, urls = [] }: Descriptor): boolean =>
  isForeignLayerType(mediaType) && urls.length > 0
