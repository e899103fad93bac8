/** Lists the referrers of a manifest (distribution-spec 1.1, "Listing Referrers"). */
import { WindlassError, type ErrorCode } from '../../errors.js'
import type { Digest } from '../../image/digest/digest.js'
import type { Descriptor } from '../../image/documents/descriptor.js'
import { type ImageIndex, parseImageIndex } from '../../image/documents/image-index.js'
import { isIndexType, mediaTypes, parseMediaType } from '../../image/documents/media-types.js'
import { referrersTag } from '../../image/reference/referrers-tag.js'
import type { ReferrersRequest } from '../../image/source.js'
import { readDocument } from '../http/document.js'
import type { FinalResponse } from '../http/redirects.js'
import { refusalError } from '../http/refusal.js'
import { displayHost, displayName } from '../policy/registry-name.js'
import { fetchManifest } from './manifests.js'
import { nextPage } from './next-page.js'
import type { RepositoryContext } from './repository-context.js'

/** Maximum number of pages of one list. */
const maxPages = 100

/**
 * Statuses with which registries answer that have no referrers API. The specification names 404; the others are those
 * of registries and proxies that do not know the path.
 */
const noApiStatuses: ReadonlySet<number> = new Set([400, 404, 405, 406, 501])

/**
 * Yields the referrers of `digest`, a page at a time. If the registry has no referrers API, yields the entries of the
 * index under the tag `referrersTag(digest)`, all of them: tools write other artifact types there than the manifests
 * have.
 *
 * @throws REGISTRY_RESPONSE when an answer is not an index; LIMIT_EXCEEDED for more than 100 pages or a page larger than
 *   `manifestBytes`; UNAUTHORIZED, DENIED, REDIRECT_REFUSED; network errors
 */
export async function* listReferrers(
  context: RepositoryContext,
  digest: Digest,
  request: ReferrersRequest = {},
): AsyncGenerator<readonly Descriptor[], void, undefined> {
  const { artifactType } = request
  const query = artifactType === undefined ? '' : `?artifactType=${encodeURIComponent(artifactType)}`
  let to: readonly string[] | string = [context.repository, 'referrers', `${digest}${query}`]
  const visited = new Set<string>()
  for (let pages = 1; ; pages++) {
    const page = await fetchPage(context, digest, to, request)
    if (page === undefined) {
      yield* pages === 1 ? await taggedReferrers(context, digest, request) : []
      return
    }
    yield page.index.manifests.filter(isOfType(artifactType))
    visited.add(page.response.target)
    const next = nextPage(page.response, (code, reason) => invalidError(context, digest, code, reason))
    if (next === undefined) return
    if (visited.has(next))
      throw invalidError(context, digest, 'REGISTRY_RESPONSE', 'the pages of the list form a loop')
    if (pages >= maxPages)
      throw invalidError(context, digest, 'LIMIT_EXCEEDED', `the list has more than ${maxPages} pages`)
    to = next
  }
}

/** Registries need not filter (`OCI-Filters-Applied`). The referrers API takes the types from the manifests. */
const isOfType =
  (wanted: string | undefined) =>
  ({ artifactType }: Descriptor): boolean =>
    wanted === undefined || artifactType === undefined || artifactType === wanted

interface Page {
  readonly index: ImageIndex
  readonly response: FinalResponse
}

/** Returns a page; undefined if the registry has no referrers API. */
async function fetchPage(
  context: RepositoryContext,
  digest: Digest,
  to: readonly string[] | string,
  { signal, onWarning, onRequest }: ReferrersRequest,
): Promise<Page | undefined> {
  const { client, secrets, timeouts, limits, help } = context
  const purpose = purposeOf(context, digest)
  const headers = { accept: mediaTypes.ociIndex }
  const response = await client.send({ to, purpose, signal, onWarning, onRequest, headers })
  if (noApiStatuses.has(response.status)) {
    response.body.resume()
    return undefined
  }
  const timeout = timeouts.document
  if (response.status !== 200)
    throw await refusalError(response, {
      ...{ purpose, secrets, timeout, help, notFoundCode: 'REGISTRY_RESPONSE' },
      ...{ subject: { digest }, maxBytes: limits.errorBytes },
    })
  // A proxy or a registry of an older version may answer any path with a page of its own.
  if (parseMediaType(response.headers['content-type']) === 'text/html') {
    response.body.resume()
    return undefined
  }
  const maxBytes = limits.manifestBytes
  const bytes = await readDocument(response, { maxBytes, limitName: 'manifestBytes', timeout, purpose })
  return { index: parseReferrers(context, digest, bytes), response }
}

/** Returns the entries of the index under the tag of the referrers; none if there is no such tag. */
async function taggedReferrers(
  context: RepositoryContext,
  digest: Digest,
  request: ReferrersRequest,
): Promise<readonly (readonly Descriptor[])[]> {
  const { signal, onWarning, onRequest } = request
  const options = { ...(signal && { signal }), onWarning, onRequest, maxBytes: context.limits.manifestBytes }
  try {
    const fetched = await fetchManifest(context, referrersTag(digest), options)
    const type = parseMediaType(fetched.contentType)
    if (type !== undefined && type !== '' && !isIndexType(type)) return []
    return [parseReferrers(context, digest, fetched.bytes).manifests]
  } catch (error) {
    const code = error instanceof WindlassError ? error.code : undefined
    if (code === 'MANIFEST_UNKNOWN' || code === 'NAME_UNKNOWN') return []
    throw error
  }
}

const parseReferrers = (context: RepositoryContext, digest: Digest, bytes: Buffer): ImageIndex =>
  parseImageIndex(bytes, {
    code: 'REGISTRY_RESPONSE',
    what: `the list of referrers of ${displayName(context, digest)} from ${displayHost(context.registry)}`,
    subject: { host: context.registry, digest },
  })

const purposeOf = (context: RepositoryContext, digest: Digest): string =>
  `list the referrers of ${displayName(context, digest)}`

const invalidError = (
  context: RepositoryContext,
  digest: Digest,
  code: ErrorCode,
  reason: string,
): WindlassError =>
  new WindlassError(
    code,
    `Failed to ${purposeOf(context, digest)} from ${displayHost(context.registry)}: ${reason}`,
    { host: context.registry, digest, hint: 'Ask who runs the registry: its answer is wrong.' },
  )
