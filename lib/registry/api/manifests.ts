/** Fetches manifests by tag or digest (distribution spec, "Pulling manifests"). */
import { WindlassError } from '../../errors.js'
import { isDigest } from '../../image/digest/digest.js'
import { defaultLimits } from '../../limits.js'
import { manifestAccept } from '../../image/documents/media-types.js'
import { quoted } from '../../codec/printable.js'
import { isTag } from '../../image/reference/grammar.js'
import type { FetchedManifest, ManifestHead, ManifestRequest } from '../../image/source.js'
import { parseRateLimit } from '../headers/rate-limit.js'
import { responseDate } from '../headers/response-date.js'
import type { FinalResponse } from '../http/redirects.js'
import { readDocument } from '../http/document.js'
import { refusalError } from '../http/refusal.js'
import { displayHost, displayName, shortName } from '../policy/registry-name.js'
import type { RepositoryContext } from './repository-context.js'

/** A manifest with its `ETag`. */
export interface ManifestWithEtag extends FetchedManifest {
  /** The `etag` argument of the next `fetchManifestIfChanged`; undefined if the registry sent none. */
  readonly etag: string | undefined
}

/**
 * Fetches a manifest. The bytes are not verified here.
 * @throws MANIFEST_UNKNOWN, NAME_UNKNOWN, UNAUTHORIZED, DENIED, TOO_MANY_REQUESTS, REGISTRY_UNAVAILABLE,
 * REGISTRY_RESPONSE, LIMIT_EXCEEDED (`manifestBytes`), network errors; REFERENCE_INVALID when `tagOrDigest` is
 * neither
 */
export async function fetchManifest(
  context: RepositoryContext,
  tagOrDigest: string,
  request: ManifestRequest = {},
): Promise<ManifestWithEtag> {
  const fetched = await get(context, tagOrDigest, request)
  if (fetched !== 'not-modified') return fetched
  throw new WindlassError(
    'REGISTRY_RESPONSE',
    `Failed to ${purposeOf(context, tagOrDigest)} from ${displayHost(context.registry)}: HTTP 304 (Not Modified) to a request without a condition`,
    { host: context.registry, status: 304, hint: 'Does a cache in front of the registry answer?' },
  )
}

/**
 * Fetches a manifest unless it still has the given `etag` (`If-None-Match`, RFC 9110 §13.1.2).
 * @throws as `fetchManifest`
 */
export function fetchManifestIfChanged(
  context: RepositoryContext,
  tagOrDigest: string,
  etag: string,
  request: ManifestRequest = {},
): Promise<ManifestWithEtag | 'not-modified'> {
  return get(context, tagOrDigest, request, { 'if-none-match': etag })
}

/**
 * Returns the digest, media type and size of a manifest by HEAD. Falls back to GET if the registry does not support
 * HEAD or does not send the digest, unless `onlyHead` is set.
 * @throws as `fetchManifest`
 */
export async function headManifest(
  context: RepositoryContext,
  tagOrDigest: string,
  request: ManifestRequest = {},
): Promise<ManifestHead> {
  const response = await send(context, 'HEAD', tagOrDigest, request)
  // A registry that is overloaded or does not work must not get another request at once.
  if (request.onlyHead && (response.status === 429 || response.status >= 500))
    await readManifest(context, response, tagOrDigest, request)
  // The length describes a body that is not sent, but the response must still be consumed.
  response.body.resume()
  const digest = response.headers['docker-content-digest']
  if (response.status === 200 && isDigest(digest))
    return {
      digest,
      ...contentTypeAndHost(response),
      size: lengthOf(response.headers['content-length']),
      ...responseDate(response.headers),
    }
  if (request.onlyHead) return { digest: undefined, ...contentTypeAndHost(response), size: undefined }
  // A refused HEAD has no body that explains it; GET returns the manifest or an explained error.
  const getResponse = await send(context, 'GET', tagOrDigest, request)
  const bytes = await readManifest(context, getResponse, tagOrDigest, request)
  const reportedDigest = getResponse.headers['docker-content-digest']
  return {
    digest: isDigest(reportedDigest) ? reportedDigest : undefined,
    ...contentTypeAndHost(getResponse),
    size: bytes.length,
    ...responseDate(getResponse.headers),
  }
}

async function get(
  context: RepositoryContext,
  tagOrDigest: string,
  request: ManifestRequest,
  headers: Readonly<Record<string, string>> = {},
): Promise<ManifestWithEtag | 'not-modified'> {
  const response = await send(context, 'GET', tagOrDigest, request, headers)
  if (response.status === 304) {
    response.body.resume()
    return 'not-modified'
  }
  const bytes = await readManifest(context, response, tagOrDigest, request)
  return { bytes, ...contentTypeAndHost(response), etag: response.headers.etag }
}

function send(
  context: RepositoryContext,
  method: 'GET' | 'HEAD',
  tagOrDigest: string,
  { signal, onWarning, onRequest }: ManifestRequest,
  headers: Readonly<Record<string, string>> = {},
): Promise<FinalResponse> {
  const { client, repository } = context
  // Last check before the value becomes part of a URL.
  if (!isTag(tagOrDigest) && !isDigest(tagOrDigest))
    throw new WindlassError('REFERENCE_INVALID', `${quoted(tagOrDigest)} is neither a tag nor a digest`)
  return client.send({
    to: [repository, 'manifests', tagOrDigest],
    method,
    headers: { accept: manifestAccept, ...headers },
    purpose: purposeOf(context, tagOrDigest),
    signal,
    onWarning,
    onRequest,
  })
}

async function readManifest(
  context: RepositoryContext,
  response: FinalResponse,
  tagOrDigest: string,
  { maxBytes = defaultLimits.manifestBytes }: ManifestRequest,
): Promise<Buffer> {
  const { secrets, timeouts, limits, help, registry, repository } = context
  const purpose = purposeOf(context, tagOrDigest)
  const timeout = timeouts.document
  if (response.status !== 200)
    throw await refusalError(response, {
      ...{ purpose, secrets, notFoundCode: 'MANIFEST_UNKNOWN', timeout, help },
      requestedName: displayName(context, tagOrDigest),
      notFoundNames: {
        MANIFEST_UNKNOWN: `image ${displayName(context, tagOrDigest)}`,
        NAME_UNKNOWN: `repository ${displayName(context)}`,
      },
      hints: { MANIFEST_UNKNOWN: isDigest(tagOrDigest) ? digestHint : tagsHint(context) },
      subject: { reference: formatReference(registry, repository, tagOrDigest) },
      maxBytes: limits.errorBytes,
    })
  return readDocument(response, {
    ...{ maxBytes, timeout, purpose, limitName: 'manifestBytes', webPageCode: 'MANIFEST_INVALID' },
  })
}

const digestHint = 'Check the digest and the name. The image may have been deleted.'

const tagsHint = (context: RepositoryContext): string =>
  `List the tags with “windlass tags ${shortName(context)}”.`

const purposeOf = (context: RepositoryContext, tagOrDigest: string): string =>
  `get the manifest of ${displayName(context, tagOrDigest)}`

const formatReference = (registry: string, repository: string, tagOrDigest: string): string =>
  `${registry}/${repository}${isDigest(tagOrDigest) ? '@' : ':'}${tagOrDigest}`

const contentTypeAndHost = ({
  headers,
  url,
}: FinalResponse): Pick<FetchedManifest, 'contentType' | 'host' | 'rateLimit'> => {
  const rateLimit = parseRateLimit(headers)
  return { contentType: headers['content-type'], host: url.host, ...(rateLimit && { rateLimit }) }
}

const lengthOf = (header: string | undefined): number | undefined =>
  header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : undefined
