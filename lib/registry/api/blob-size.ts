/** Determines the size of a blob that no manifest states. */
import { WindlassError } from '../../errors.js'
import type { Digest } from '../../image/digest/digest.js'
import { fetchBlob } from './blobs.js'
import { displayHost, displayName } from '../policy/registry-name.js'
import type { RepositoryContext } from './repository-context.js'

/**
 * Returns the size of a blob in bytes, from the `Content-Length` of a HEAD response or, failing that, of a GET
 * response whose body is not read.
 * @throws REGISTRY_RESPONSE when the registry does not report the size; as `fetchBlob`
 */
export async function blobSize(
  context: RepositoryContext,
  digest: Digest,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<number> {
  const { client, repository } = context
  const purpose = `get the size of the blob ${digest} of ${displayName(context)}`
  const head = await client.send({
    to: [repository, 'blobs', digest],
    method: 'HEAD',
    purpose,
    signal,
  })
  // The length describes a body that is not sent, but the response must still be consumed.
  head.body.resume()
  const contentLength = head.headers['content-length'] ?? ''
  // Some registries report 0 for every blob, since a HEAD response has no body.
  if (head.status === 200 && /^\d{1,15}$/.test(contentLength) && Number(contentLength) > 0)
    return Number(contentLength)
  // Some storage signs URLs for GET only, and a refused HEAD has no body that explains it.
  const { stream, size, host } = await fetchBlob(context, { digest }, signal && { signal })
  stream.destroy()
  if (size !== undefined) return size
  throw new WindlassError(
    'REGISTRY_RESPONSE',
    `Failed to ${purpose} from ${displayHost(host)}: the registry does not report it, and schema 1 manifests contain no sizes`,
    {
      digest,
      host,
      hint: 'Push the image again with a current tool, so that its manifest contains the sizes.',
    },
  )
}
