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
import { mapConcurrently } from './map-concurrently.js'
import { ReadAhead } from './read-ahead.js'

/** Options of `manifestNodes`. */
export interface NodesOptions {
  /** Name of the image, for errors. */
  readonly reference: string
  readonly limits: Pick<Limits, 'manifestBytes' | 'indexDepth'>
  readonly signal: AbortSignal
  /** Fetches and verifies a manifest that an index lists. */
  fetch(entry: Descriptor, signal: AbortSignal): Promise<ManifestDocument>
  /** Returns the size of a layer whose manifest does not state it. */
  sizeOf(digest: Digest, signal: AbortSignal): Promise<number>
  /** Returns whether the target has the image with this descriptor, including its blobs. False for an index. */
  has(image: Descriptor, signal: AbortSignal): Promise<boolean>
}

/** Maximum number of manifests below one name, including those of nested indexes. */
export const maxManifests = 1_000

/**
 * The manifests of one name, which are all kept in memory, may have this many times the limit `manifestBytes` together.
 */
const maxFullManifests = 16

/** Maximum number of manifests read ahead, and of sizes requested concurrently. */
const slots = 4

/**
 * Returns every manifest below `root` once, children before parents, and `root` last. Images that the target has are
 * left out; if the target has the root image, its node has no blobs.
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
    const hasRoot = document === root && root.kind !== 'index' && (await options.has(root.descriptor, signal))
    const blobs = hasRoot ? [] : await blobsIn(document, options)
    nodes.push({
      ...{ descriptor: document.descriptor, bytes: document.bytes, height: heightOf(document) },
      ...{ blobs: blobs.filter((blob) => !isForeign(blob)), foreign: blobs.filter(isForeign) },
    })
  }
  return nodes.toSorted((one, other) => one.height - other.height)
}

type Documents = ReadonlyMap<Digest, ManifestDocument>

/** Reads all manifests, except the images that the target has. */
async function documentsOf(root: ManifestDocument, options: NodesOptions): Promise<Documents> {
  const { reference, limits, signal } = options
  const { indexDepth, manifestBytes } = limits
  const entries = new Map<Digest, Descriptor>([[root.descriptor.digest, root.descriptor]])
  const readAhead = new ReadAhead<Digest, ManifestDocument | undefined>(
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
      const content = parent ? await readAhead.get(link.descriptor.digest) : root
      if (!content) return undefined
      const children = content.kind === 'index' ? content.index.manifests : []
      const fresh = children.filter(({ digest }) => !entries.has(digest))
      for (const child of fresh) entries.set(child.digest, child)
      if (entries.size > maxManifests) throw tooManyManifests(reference)
      readAhead.plan([...new Set(fresh.map(({ digest }) => digest))])
      return { content, bytes: content.bytes.length, links: children.map(entryLink) }
    },
  })
  const documents = new Map<Digest, ManifestDocument>()
  try {
    for await (const { content } of graph) if (content) documents.set(content.descriptor.digest, content)
  } finally {
    await readAhead.close()
  }
  return documents
}

const tooManyManifests = (reference: string): WindlassError =>
  new WindlassError('LIMIT_EXCEEDED', `${reference} leads to more than ${maxManifests} manifests`, {
    reference,
  })

/** Returns a function that computes `ManifestNode.height`. Its recursion is limited because the depth of indexes is. */
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
  return mapConcurrently(digests, slots, async (digest) => ({
    ...{ mediaType: mediaTypes.dockerLayerGzip, digest },
    size: await options.sizeOf(digest, options.signal),
  }))
}

/** Returns whether a blob is a layer that only its publisher distributes. Pullers download it from its URLs. */
const isForeign = ({ mediaType, urls = [] }: Descriptor): boolean =>
  isForeignLayerType(mediaType) && urls.length > 0
