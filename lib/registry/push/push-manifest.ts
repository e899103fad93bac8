/** Pushes manifests and indexes (distribution spec, "Pushing Manifests"). */
import { WindlassError } from '../../errors.js'
import type { Descriptor } from '../../image/documents/descriptor.js'
import type { PutManifestRequest } from '../../image/sink.js'
import { pushScope } from '../auth/scope.js'
import { discard } from '../http/discard.js'
import type { RepositoryContext } from '../api/repository-context.js'
import { failurePrefix } from '../http/attempt.js'
import { displayName } from '../policy/registry-name.js'
import { pushRefusal } from './push-refusal.js'

/**
 * Pushes a manifest under its tag, or under its digest if there is no tag.
 * @throws BLOB_UNKNOWN when the registry lacks content of the image; UNSUPPORTED when it does not accept the type;
 * other errors of `pushRefusal`; DIGEST_MISMATCH when the registry stored it with another digest; network errors
 * @returns whether the registry lists the manifest as a referrer of its subject (`OCI-Subject`)
 */
export async function pushManifest(
  context: RepositoryContext,
  bytes: Buffer,
  { digest, mediaType }: Descriptor,
  { tag, signal, onWarning }: PutManifestRequest = {},
): Promise<{ readonly isListed: boolean }> {
  const { client, registry, repository } = context
  const target = tag ?? digest
  const purpose = `push the manifest of ${displayName(context, target)}`
  const response = await client.send({
    method: 'PUT',
    to: [repository, 'manifests', target],
    headers: { 'content-type': mediaType },
    body: bytes,
    purpose,
    preposition: 'to',
    signal,
    onWarning,
    scopes: [pushScope(repository)],
  })
  if (response.status < 200 || response.status > 204)
    throw await pushRefusal(response, context, { kind: 'manifest', digest, tag, mediaType, purpose })
  discard(response)
  const stored = response.headers['docker-content-digest']
  if (stored === undefined || stored === digest)
    return { isListed: response.headers['oci-subject'] !== undefined }
  throw new WindlassError(
    'DIGEST_MISMATCH',
    `${failurePrefix({ purpose, preposition: 'to', url: response.url })}: the registry stored ${String(stored)} instead of ${digest}`,
    {
      ...{ host: response.url.host, digest, reference: `${registry}/${repository}` },
      hint: 'Ask who runs the registry: it changes the manifests that it receives.',
    },
  )
}
