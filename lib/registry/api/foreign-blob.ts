/** Blobs from the URLs that a manifest gives for them (image-spec descriptor.md, `urls`): with nothing of the registry's. */
import type { Descriptor } from '../../image/documents/descriptor.js'
import type { BlobBody, BlobRequest } from '../../image/source.js'
import { printableUrl } from '../headers/printable-url.js'
import { fetchRanged } from './ranged-blob.js'
import { refusal } from '../http/refusal.js'
import type { RepositoryContext } from './repository-context.js'

/**
 * @throws REDIRECT_REFUSED for a URL that is not asked (`ForeignUrls`); BLOB_UNKNOWN, UNAUTHORIZED, DENIED,
 * TOO_MANY_REQUESTS, REGISTRY_UNAVAILABLE, REGISTRY_RESPONSE, network errors; the stream fails as that of `fetchBlob`
 */
export async function fetchForeignBlob(
  { client, secrets, timeouts, limits }: RepositoryContext,
  text: string,
  { digest, size }: Descriptor,
  request: BlobRequest = {},
): Promise<BlobBody> {
  const urls = client.foreignUrls()
  const place = urls.parse(text)
  const purpose = `download the blob ${digest} with the foreign url ${printableUrl(place.url)}`
  const { signal } = request
  return fetchRanged(
    {
      purpose,
      digest,
      size,
      send: (headers) => client.sendForeign({ ...place, headers, purpose, signal }, urls),
      refuse: (response) =>
        refusal(response, {
          purpose,
          secrets,
          missing: 'BLOB_UNKNOWN',
          deadline: timeouts.document,
          maxBytes: limits.errorBytes,
          subject: { digest },
        }),
    },
    request,
  )
}
