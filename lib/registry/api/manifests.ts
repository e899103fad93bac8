/** Manifests by tag and by digest (distribution spec, "Pulling manifests"). */
import { WindlassError } from '../../errors.js'
import { isDigest, type Digest } from '../../image/digest/digest.js'
import { defaultLimits } from '../../limits.js'
import { manifestAccept } from '../../image/documents/media-types.js'
import { quoted } from '../../codec/printable.js'
import { isTag } from '../../image/reference/grammar.js'
import type { FetchedManifest, ManifestRequest } from '../../image/source.js'
import type { Followed } from '../http/redirects.js'
import { readDocument } from '../http/document.js'
import { accessHints, refusal } from '../http/refusal.js'
import type { RepositoryContext } from './repository-context.js'

export interface TaggedManifest extends FetchedManifest {
  /** What to give as `etag` next time. */
  readonly etag: string | undefined
}

/** What a `HEAD` tells. Nothing of it is verified: it is good for "has it changed?", never for "these are its bytes". */
export interface ManifestHead {
  readonly digest: Digest | undefined
  readonly contentType: string | undefined
  readonly size: number | undefined
  readonly host: string
}

/**
 * @throws MANIFEST_UNKNOWN, NAME_UNKNOWN, UNAUTHORIZED, DENIED, TOO_MANY_REQUESTS, REGISTRY_UNAVAILABLE,
 * REGISTRY_RESPONSE, LIMIT_EXCEEDED, network errors
 */
export async function fetchManifest(
  context: RepositoryContext,
  tagOrDigest: string,
  request: ManifestRequest = {},
): Promise<TaggedManifest> {
  const fetched = await get(context, tagOrDigest, request)
  if (fetched !== 'not-modified') return fetched
  throw new WindlassError(
    'REGISTRY_RESPONSE',
    `Unexpected HTTP response '304' when trying to get the manifest`,
    {
      host: context.registry,
    },
  )
}

/** The manifest, unless it is still the one that had this `etag`. */
export function fetchManifestUnless(
  context: RepositoryContext,
  tagOrDigest: string,
  etag: string,
  request: ManifestRequest = {},
): Promise<TaggedManifest | 'not-modified'> {
  return get(context, tagOrDigest, request, { 'if-none-match': etag })
}

/** What the name points at, by HEAD; by GET where the registry has no HEAD or tells no digest. */
export async function headManifest(
  context: RepositoryContext,
  tagOrDigest: string,
  request: ManifestRequest = {},
): Promise<ManifestHead> {
  const response = await send(context, 'HEAD', tagOrDigest, request)
  // The length that it tells is that of a body which is not sent.
  response.body.resume()
  const digest = response.headers['docker-content-digest']
  if (response.status === 200 && isDigest(digest))
    return { digest, ...described(response), size: lengthOf(response.headers['content-length']) }
  // A refusal to HEAD has no body to explain it; GET says why, or works.
  const got = await send(context, 'GET', tagOrDigest, request)
  const bytes = await accepted(context, got, tagOrDigest, request)
  const told = got.headers['docker-content-digest']
  return { digest: isDigest(told) ? told : undefined, ...described(got), size: bytes.length }
}

async function get(
  context: RepositoryContext,
  tagOrDigest: string,
  request: ManifestRequest,
  headers: Readonly<Record<string, string>> = {},
): Promise<TaggedManifest | 'not-modified'> {
  const response = await send(context, 'GET', tagOrDigest, request, headers)
  if (response.status === 304) {
    response.body.resume()
    return 'not-modified'
  }
  const bytes = await accepted(context, response, tagOrDigest, request)
  return { bytes, ...described(response), etag: response.headers.etag }
}

function send(
  { client, repository }: RepositoryContext,
  method: 'GET' | 'HEAD',
  tagOrDigest: string,
  { signal, onWarning }: ManifestRequest,
  headers: Readonly<Record<string, string>> = {},
): Promise<Followed> {
  // The last gate before a URL, whoever made the string.
  if (!isTag(tagOrDigest) && !isDigest(tagOrDigest))
    throw new WindlassError('REFERENCE_INVALID', `${quoted(tagOrDigest)} is neither a tag nor a digest`)
  return client.send({
    to: [repository, 'manifests', tagOrDigest],
    method,
    headers: { accept: manifestAccept, ...headers },
    purpose: purposeOf(repository, tagOrDigest),
    signal,
    onWarning,
  })
}

async function accepted(
  { secrets, timeouts, limits, hint, registry, repository }: RepositoryContext,
  response: Followed,
  tagOrDigest: string,
  { maxBytes = defaultLimits.manifestBytes }: ManifestRequest,
): Promise<Buffer> {
  const purpose = purposeOf(repository, tagOrDigest)
  const subject = { reference: nameOf(registry, repository, tagOrDigest) }
  const deadline = timeouts.document
  const listing = `'windlass tags ${registry}/${repository}' lists the tags that there are`
  const hints = { ...accessHints(hint), ...(isDigest(tagOrDigest) ? {} : { MANIFEST_UNKNOWN: listing }) }
  if (response.status !== 200)
    throw await refusal(response, {
      ...{ purpose, secrets, missing: 'MANIFEST_UNKNOWN', deadline, hints, subject },
      maxBytes: limits.errorBytes,
    })
  return readDocument(response, { maxBytes, deadline, purpose, limit: 'manifestBytes' })
}

const purposeOf = (repository: string, tagOrDigest: string): string =>
  `get the manifest ${repository}${isDigest(tagOrDigest) ? '@' : ':'}${tagOrDigest}`

const nameOf = (registry: string, repository: string, tagOrDigest: string): string =>
  `${registry}/${repository}${isDigest(tagOrDigest) ? '@' : ':'}${tagOrDigest}`

const described = ({ headers, url }: Followed): Pick<FetchedManifest, 'contentType' | 'host'> => ({
  contentType: headers['content-type'],
  host: url.host,
})

const lengthOf = (header: string | undefined): number | undefined =>
  header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : undefined
