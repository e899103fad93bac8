/** Lists all images of an index, including those of nested indexes. */
import { requestEvents } from '../../transfer/request-events.js'
import { WindlassError } from '../../errors.js'
import { type Stage } from '../../flow/index.js'
import { type PullTurn, pullStage } from '../pull-stage.js'
import {
  type Descriptor,
  type Digest,
  type GraphLink,
  type ImageIndex,
  type ManifestDocument,
  entryLink,
  isIndexType,
  isImageOrIndexEntry,
  artifactIndexError,
  walkGraph,
} from '../../image/index.js'
import { defaultLimits } from '../../limits.js'
import type { ImageRequest, IndexDocument, Resolved } from '../elements.js'
import { withPlatform } from './read-missing-platforms.js'
import { fetchManifestDocument } from '../../transfer/documents/manifest-document.js'
import { emitUnclear } from '../../transfer/documents/manifest-event.js'
import { type RetryPolicy, retryingTransfers } from '../../transfer/retry-policy.js'

/** Maximum number of images and indexes below one name. */
export const maxIndexedImages = 1_000

/**
 * The indexes of one name, which are all kept in memory, may have this many times the limit `manifestBytes` together.
 */
const maxFullManifests = 16

/** An image of an index. */
export interface IndexedImage {
  /** Its `platform` is that of the index, otherwise that of the config. */
  readonly descriptor: Descriptor
  /** The nested indexes that contain it, outermost first. Empty if the name refers to the image itself. */
  readonly parentIndexes: readonly IndexDocument[]
}

/** All images below a name, and the entries that are not images. */
export interface IndexedImages {
  readonly request: ImageRequest
  /** The document that the name refers to. */
  readonly root: ManifestDocument
  /** In the order of the index. */
  readonly images: readonly IndexedImage[]
  /** All indexes, the root first. Empty if the root is an image. */
  readonly indexes: readonly IndexDocument[]
  /** Digests of entries that are not images of a platform, or that cannot be used. */
  readonly leftOut: readonly Digest[]
  /** For each unusable entry, the reason as a sentence. */
  readonly problems: readonly string[]
}

/**
 * Returns the stage that lists every image of an index once. `leftOut` lists entries that are not images of a platform,
 * such as attestations, `unknown/unknown` and artifacts.
 * @throws LIMIT_EXCEEDED when indexes are nested too deeply or contain too many images; MANIFEST_INVALID when an
 * index contains itself; PLATFORM_UNMATCHED when it has no image; UNSUPPORTED when it has only artifacts; errors of
 * the source
 */
export function imagesOfIndex({ retry }: { readonly retry: RetryPolicy }): Stage<Resolved, IndexedImages> {
  return pullStage(
    async ({ request, document: root }: Resolved, turn): Promise<IndexedImages> => {
      const { name: reference, limits: { indexDepth, manifestBytes } = defaultLimits } = request
      const images: IndexedImage[] = []
      const indexes: IndexDocument[] = []
      const leftOut = new Set<Digest>()
      const graph = walkGraph<GraphLink<Descriptor>, ManifestDocument>([entryLink(root.descriptor)], {
        reference,
        limits: { indexDepth, documents: maxIndexedImages, bytes: maxFullManifests * manifestBytes },
        async read({ link, parent }) {
          const content = parent ? await fetchClaimedIndex(link.descriptor, request, turn) : root
          if (!content) return undefined
          const entries = content.kind === 'index' ? content.index.manifests : []
          return { content, bytes: content.bytes.length, links: entries.map(entryLink) }
        },
        follow({ descriptor }, { path }) {
          const { digest } = descriptor
          if (!isImageOrIndexEntry(descriptor)) {
            leftOut.add(digest)
            return false
          }
          if (path.some(({ link }) => link.descriptor.digest === digest))
            throw containsItself(digest, reference)
          return true
        },
      })
      for await (const { link, content, path } of graph) {
        const { descriptor: entry } = link
        if (content?.kind === 'index') {
          indexes.push(content)
          for (const { digest } of content.index.unusable) if (digest !== undefined) leftOut.add(digest)
          continue
        }
        const { os = '' } = entry.platform ?? {}
        const descriptor = os !== '' ? entry : await withPlatform(entry, request, turn)
        const parentIndexes = path.flatMap(({ content }) => (content?.kind === 'index' ? content : []))
        if (descriptor) images.push({ descriptor, parentIndexes })
        else leftOut.add(entry.digest)
      }
      if (root.kind === 'index' && images.length === 0) throw noImages(root.index, reference)
      const problems = indexes.flatMap(({ index }) => index.unusable.map(({ problem }) => problem))
      return { request, root, images, indexes, leftOut: [...leftOut], problems }
    },
    { name: 'images-of-index', order: 'source', supervise: retryingTransfers(retry) },
  )
}

/** Fetches an entry if its media type is that of an index. Its content may still be an image. */
async function fetchClaimedIndex(expected: Descriptor, request: ImageRequest, turn: PullTurn) {
  if (!isIndexType(expected.mediaType)) return undefined
  const { signal } = turn
  const { document, host } = await fetchManifestDocument(request, expected.digest, {
    ...{ signal, expected, onRequest: requestEvents(turn, expected.digest) },
  })
  emitUnclear(turn, `The index of ${request.name} from ${host}`, document.notices, expected.digest)
  return document
}

const containsItself = (digest: Digest, reference: string): WindlassError =>
  new WindlassError(
    'MANIFEST_INVALID',
    `The index of ${reference} contains itself: ${digest} is inside ${digest}`,
    {
      reference,
      digest,
    },
  )

const noImages = (index: ImageIndex, reference: string): WindlassError =>
  artifactIndexError(index, { reference }) ??
  new WindlassError('PLATFORM_UNMATCHED', `The index of ${reference} has no image of any platform`, {
    reference,
  })
