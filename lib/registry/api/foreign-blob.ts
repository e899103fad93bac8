/**
 * Fetches blobs from the URLs in their descriptors (image-spec descriptor.md, `urls`), without credentials of the
 * registry.
 */
import type { Descriptor } from '../../image/documents/descriptor.js'
import type { BlobBody, BlobRequest } from '../../image/source.js'
import { printableUrl } from '../headers/printable-url.js'
import { fetchRanged } from './ranged-blob.js'
import { refusalError } from '../http/refusal.js'
import type { RepositoryContext } from './repository-context.js'

/**
 * Requests a blob from a foreign URL, starting at `request.offset`.
 * @param text - the URL as the manifest states it
 * @throws REDIRECT_REFUSED for a URL that `ForeignUrls` does not allow; BLOB_UNKNOWN, UNAUTHORIZED, DENIED,
 * TOO_MANY_REQUESTS, REGISTRY_UNAVAILABLE, REGISTRY_RESPONSE, SIZE_MISMATCH, network errors. The stream fails as that
 * of `fetchBlob`.
 */
export async function fetchForeignBlob(
  { client, secrets, timeouts, limits }: RepositoryContext,
  text: string,
  { digest, size }: Descriptor,
  request: BlobRequest = {},
): Promise<BlobBody> {
  const urls = client.foreignUrls()
  const location = urls.parse(text)
  const purpose = `download the blob ${digest} (foreign URL ${printableUrl(location.url)})`
  const { signal, onRequest } = request
  return fetchRanged(
    {
      purpose,
      digest,
      size,
      send: (headers) =>
        client.sendForeign({ ...location, headers, purpose, signal, onRequest, isRateLimited: true }, urls),
      toError: (response) =>
        refusalError(response, {
          purpose,
          secrets,
          notFoundCode: 'BLOB_UNKNOWN',
          timeout: timeouts.document,
          maxBytes: limits.errorBytes,
          subject: { digest },
        }),
    },
    request,
  )
}
