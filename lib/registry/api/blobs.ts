/** Fetches blobs of a repository as streams (distribution spec, "Pulling blobs"). */
import type { Digest } from '../../image/digest/digest.js'
import type { BlobBody, BlobRequest } from '../../image/source.js'
import { fetchRanged } from './ranged-blob.js'
import { refusalError } from '../http/refusal.js'
import { displayName } from '../policy/registry-name.js'
import type { RepositoryContext } from './repository-context.js'

const incompleteHint = 'The image is incomplete in the registry. Push it again, or tell whoever publishes it.'

/** Identifies a blob by its digest and, if known, its size in bytes. */
export interface BlobName {
  readonly digest: Digest
  readonly size?: number
}

/**
 * Requests a blob, starting at `request.offset`. The bytes are not verified here.
 * @throws BLOB_UNKNOWN, UNAUTHORIZED, DENIED, TOO_MANY_REQUESTS, REGISTRY_UNAVAILABLE, REGISTRY_RESPONSE;
 * SIZE_MISMATCH when the registry reports another size; network errors. The stream fails with NETWORK, STALLED or
 * CANCELLED.
 */
export function fetchBlob(
  { client, registry, repository, secrets, timeouts, limits, help }: RepositoryContext,
  { digest, size }: BlobName,
  request: BlobRequest = {},
): Promise<BlobBody> {
  const blob = `blob ${digest} of ${displayName({ registry, repository })}`
  const purpose = `download the ${blob}`
  const { signal, onRequest } = request
  return fetchRanged(
    {
      purpose,
      digest,
      size,
      send: (headers) =>
        client.send({
          ...{ to: [repository, 'blobs', digest], headers, purpose, signal, onRequest },
          isRateLimited: true,
        }),
      toError: (response) =>
        refusalError(response, {
          purpose,
          secrets,
          notFoundCode: 'BLOB_UNKNOWN',
          timeout: timeouts.document,
          maxBytes: limits.errorBytes,
          notFoundNames: {
            BLOB_UNKNOWN: blob,
            NAME_UNKNOWN: `repository ${displayName({ registry, repository })}`,
          },
          hints: { BLOB_UNKNOWN: incompleteHint },
          help,
          subject: { digest },
        }),
    },
    request,
  )
}
