/**
 * Checks by HEAD which blobs and manifests a registry has. If the registry refuses HEAD, the content counts as missing:
 * the push that follows succeeds or explains the error.
 */
import { type Digest, digestOf, isDigest } from '../../image/digest/digest.js'
import { manifestAccept, parseMediaType } from '../../image/documents/media-types.js'
import { pushScope } from '../auth/scope.js'
import type { FinalResponse } from '../http/redirects.js'
import { refusalError } from '../http/refusal.js'
import { displayName } from '../policy/registry-name.js'
import { fetchManifest } from '../api/manifests.js'
import type { RepositoryContext } from '../api/repository-context.js'
import type { SinkRequest } from '../../image/sink.js'

/** A manifest that the registry has, as its response describes it. */
export interface PresentManifest {
  readonly digest: Digest
  readonly mediaType: string | undefined
}

/** Returns whether the repository has a blob. @throws TOO_MANY_REQUESTS, REGISTRY_UNAVAILABLE, network errors */
export async function hasBlob(
  context: RepositoryContext,
  digest: Digest,
  request: SinkRequest,
): Promise<boolean> {
  const purpose = `look for the blob ${digest} of ${displayName(context)}`
  const response = await sendHead(context, ['blobs', digest], { ...request, purpose })
  // A registry redirects only for blobs that it has. The storage that it redirects to may refuse HEAD.
  return response.status === 200 || (response.credentialsRemoved && response.status !== 404)
}

/**
 * Returns the manifest at a tag or digest, or undefined if there is none. Falls back to GET if the HEAD response has no
 * digest.
 * @throws as `hasBlob`, and as `fetchManifest`
 */
export async function findManifest(
  context: RepositoryContext,
  tagOrDigest: string,
  request: SinkRequest,
): Promise<PresentManifest | undefined> {
  const purpose = `look for the manifest of ${displayName(context, tagOrDigest)}`
  const { status, headers } = await sendHead(context, ['manifests', tagOrDigest], { ...request, purpose })
  if (status !== 200) return undefined
  const digest = headers['docker-content-digest']
  if (isDigest(digest)) return { digest, mediaType: parseMediaType(headers['content-type']) }
  const { signal, onWarning } = request
  const fetched = await fetchManifest(context, tagOrDigest, { ...(signal && { signal }), onWarning })
  const { bytes, contentType } = fetched
  return { digest: digestOf(bytes), mediaType: parseMediaType(contentType) }
}

async function sendHead(
  context: RepositoryContext,
  [kind, name]: readonly [kind: string, name: string],
  { signal, onWarning, purpose }: SinkRequest & { readonly purpose: string },
): Promise<FinalResponse> {
  const { client, repository, secrets, timeouts, limits, help } = context
  const response = await client.send({
    ...{ method: 'HEAD', to: [repository, kind, name], purpose, preposition: 'at', signal, onWarning },
    headers: kind === 'manifests' ? { accept: manifestAccept } : {},
    scopes: [pushScope(repository)],
  })
  response.body.resume()
  if (response.status === 429 || response.status >= 500)
    throw await refusalError(response, {
      ...{ purpose, preposition: 'at', secrets, timeout: timeouts.document, maxBytes: limits.errorBytes },
      ...{ notFoundCode: 'REGISTRY_RESPONSE', help },
    })
  return response
}
