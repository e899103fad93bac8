/** How long a blob is, where no manifest says so: by HEAD, else by the first answer to a GET whose body is not read. */
import { WindlassError } from '../../errors.js'
import type { Digest } from '../../image/digest/digest.js'
import { fetchBlob } from './blobs.js'
import type { RepositoryContext } from './repository-context.js'

/** @throws what `fetchBlob` throws; REGISTRY_RESPONSE where the registry tells no length */
export async function blobSize(
  context: RepositoryContext,
  digest: Digest,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<number> {
  const { client, repository } = context
  const head = await client.send({
    to: [repository, 'blobs', digest],
    method: 'HEAD',
    purpose: `ask for the size of the blob ${digest} of ${repository}`,
    signal,
  })
  // The length that it tells is that of a body which is not sent.
  head.body.resume()
  const told = head.headers['content-length'] ?? ''
  // Some registries tell 0 of every blob, for that is what they send.
  if (head.status === 200 && /^\d{1,15}$/.test(told) && Number(told) > 0) return Number(told)
  // Some storage signs its addresses for GET alone; and a refusal to HEAD has no body to explain it.
  const { stream, size, host } = await fetchBlob(context, { digest }, signal && { signal })
  stream.destroy()
  if (size !== undefined) return size
  throw new WindlassError(
    'REGISTRY_RESPONSE',
    `Asking for the size of the blob ${digest} of ${repository}: ${host} does not tell it, and a schema 1 manifest does not either`,
    { digest, host, hint: 'Push the image again with a current tool: later manifests say the sizes' },
  )
}
