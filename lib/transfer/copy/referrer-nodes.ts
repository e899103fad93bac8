/** Finds what belongs to the manifests of a copy: signatures, SBOMs, attestations, and what belongs to those. */
import { WindlassError } from '../../errors.js'
import { type Digest, type ImageSource, cosignTag, isIndexType, parseImageIndex } from '../../image/index.js'
import { type Limits } from '../../limits.js'
import { type Referrer, listReferrers } from '../../referrers/index.js'
import type { ManifestNode, ReferrerNode } from './elements.js'

/** Options of `referrerNodes`. */
export interface ReferrerNodesOptions {
  /** Name of the image, for errors. */
  readonly reference: string
  readonly limits: Pick<Limits, 'manifestBytes' | 'indexEntries'>
  readonly signal: AbortSignal
  readonly onWarning: (code: string, message: string) => void
}

/** Code of the warning that a referrer is not copied because it is an index. */
export const referrerLeftOut = 'referrer-left-out'

/** Maximum number of referrers of one copy. */
export const maxCopiedReferrers = 2_000

/** A signature may be that of an SBOM of an image. Nothing is known that is nested deeper. */
const maxDepth = 3

/**
 * Returns everything that belongs to the manifests `nodes`, and to the images that their indexes list, each once.
 * @throws LIMIT_EXCEEDED for more than `maxCopiedReferrers`; errors of the source
 */
export async function referrerNodes(
  source: ImageSource,
  nodes: readonly ManifestNode[],
  { reference, limits, signal, onWarning }: ReferrerNodesOptions,
): Promise<readonly ReferrerNode[]> {
  const found = new Map<string, ReferrerNode>()
  let subjects = subjectsOf(nodes)
  for (let depth = 0; depth < maxDepth && subjects.length > 0; depth++) {
    const next: Digest[] = []
    for (const subject of subjects) {
      // cosign stores signatures of artifacts as those of images; only the first level had tags of its own.
      const tags = depth === 0 ? {} : { cosignTags: [] }
      const options = { ...{ reference, limits, signal, onWarning }, ...tags }
      for await (const referrer of listReferrers(source, subject, options)) {
        if (isIndexType(referrer.descriptor.mediaType)) {
          const message = `Not copied: ${referrer.descriptor.digest}, an index that refers to ${reference}`
          onWarning(referrerLeftOut, message)
          continue
        }
        const node = nodeOf(referrer)
        const key = `${node.descriptor.digest} ${node.tag ?? ''}`
        if (found.has(key)) continue
        found.set(key, node)
        if (found.size > maxCopiedReferrers) throw tooManyError(reference)
        next.push(node.descriptor.digest)
      }
    }
    subjects = next
  }
  return [...found.values()]
}

function subjectsOf(nodes: readonly ManifestNode[]): readonly Digest[] {
  const digests = new Set<Digest>()
  for (const { descriptor, bytes } of nodes) {
    digests.add(descriptor.digest)
    // The images that the target has are no nodes, but the indexes list them.
    if (isIndexType(descriptor.mediaType))
      for (const { digest } of parseImageIndex(bytes).manifests) digests.add(digest)
  }
  return [...digests]
}

const nodeOf = ({ descriptor, bytes, blobs, subject, cosign }: Referrer): ReferrerNode => ({
  ...{ descriptor, bytes, blobs, subject, foreign: [], height: 0 },
  ...(cosign && { tag: cosignTag(subject, cosign) }),
})

const tooManyError = (reference: string): WindlassError =>
  new WindlassError('LIMIT_EXCEEDED', `More than ${maxCopiedReferrers} artifacts belong to ${reference}`, {
    ...{ reference, hint: 'Copy without --referrers, or remove artifacts that are not needed any more.' },
  })
