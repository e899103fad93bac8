/** Opens, mounts and cancels uploads of blobs (distribution spec, "Pushing Blobs", "Mounting a blob"). */
import { WindlassError } from '../../errors.js'
import type { Digest } from '../../image/digest/digest.js'
import type { Location } from '../headers/location.js'
import { discard } from '../http/discard.js'
import type { FinalResponse } from '../http/redirects.js'
import { pullScope, pushScope } from '../auth/scope.js'
import type { RepositoryContext } from '../api/repository-context.js'
import { displayName } from '../policy/registry-name.js'
import { pushRefusal } from './push-refusal.js'

/** An open upload. */
export interface Upload {
  /** Where the next request of the upload goes. Each response may name another location. */
  location: Location
  /** Minimum size of a chunk that is not the last one, in bytes. */
  readonly minChunkBytes: number
}

/** Milliseconds for cancelling an upload. If that fails, the registry removes the upload itself after some days. */
const cancelTimeout = 5_000

/**
 * Opens an upload. The registry checks the authorization here, before any content is sent.
 * @throws errors of `pushRefusal`; REDIRECT_REFUSED, REGISTRY_RESPONSE when the registry names no usable location;
 * network errors
 */
export async function openUpload(
  context: RepositoryContext,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<Upload> {
  const { client, repository } = context
  const purpose = uploadPurpose(context, digest)
  const response = await withGracePeriod(signal, (delayedSignal) =>
    client.send({
      method: 'POST',
      to: [repository, 'blobs', 'uploads', ''],
      purpose,
      preposition: 'to',
      signal: delayedSignal,
      scopes: [pushScope(repository)],
    }),
  )
  if (response.status !== 202) throw await pushRefusal(response, context, { kind: 'blob', digest, purpose })
  const upload = uploadOf(context, response, purpose)
  if (signal?.aborted !== true) return upload
  await cancelUpload(context, upload)
  throw new WindlassError('CANCELLED', `Cancelled while trying to ${purpose}`, { host: response.url.host })
}

/**
 * Asks the registry to mount a blob from another of its repositories. Returns false if it does not; the upload that it
 * opens instead is cancelled.
 * @throws network errors
 */
export async function mountBlob(
  context: RepositoryContext,
  digest: Digest,
  fromRepository: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { client, registry, repository } = context
  const purpose = `mount the blob ${digest} of ${displayName({ registry, repository: fromRepository })} in ${displayName(context)}`
  const path = `/v2/${repository}/blobs/uploads/`
  const query = `mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(fromRepository)}`
  const response = await withGracePeriod(signal, (delayedSignal) =>
    client
      .send({
        method: 'POST',
        to: `${path}?${query}`,
        purpose,
        preposition: 'at',
        signal: delayedSignal,
        scopes: [pushScope(repository), pullScope(fromRepository)],
      })
      .catch(ignoreRefusal),
  )
  if (response === undefined) return false
  discard(response)
  if (response.status === 202 && response.headers.location !== undefined)
    await cancelUpload(context, uploadOf(context, response, purpose))
  // A registry that refuses to mount may still accept the content.
  return response.status === 201
}

/**
 * Runs `work` with a signal that aborts `cancelTimeout` milliseconds later than `signal`. A cancelled request that
 * opens an upload needs this time: only its response says how to cancel the upload.
 */
async function withGracePeriod<T>(
  signal: AbortSignal | undefined,
  work: (graceful: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  if (signal === undefined || signal.aborted) return work(signal)
  const graceful = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const abort = (): void => {
    timer = setTimeout(() => graceful.abort(signal.reason), cancelTimeout)
  }
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await work(graceful.signal)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

/** Returns undefined for a refusal: a user may have access to the target, but not to the repository to mount from. */
function ignoreRefusal(error: unknown): undefined {
  if (error instanceof WindlassError && (error.code === 'UNAUTHORIZED' || error.code === 'DENIED')) return
  throw error
}

/** Cancels an upload. Never throws, because registries remove uploads that are not cancelled. */
export async function cancelUpload(context: RepositoryContext, { location }: Upload): Promise<void> {
  const { client, repository } = context
  const purpose = `cancel an upload to ${displayName(context)}`
  try {
    const response = await client.send({
      method: 'DELETE',
      to: location,
      purpose,
      preposition: 'at',
      signal: AbortSignal.timeout(cancelTimeout),
      scopes: [pushScope(repository)],
    })
    discard(response)
  } catch {
    // the registry cannot be reached, or this puller has closed its connections
  }
}

/** Returns the purpose of the requests that upload a blob. */
export const uploadPurpose = (context: RepositoryContext, digest: Digest): string =>
  `upload the blob ${digest} of ${displayName(context)}`

/** Returns the state of the upload after a response with a `Location`. */
export function uploadOf({ client }: RepositoryContext, response: FinalResponse, purpose: string): Upload {
  const location = client.locationIn(response, purpose)
  discard(response)
  const minimum = response.headers['oci-chunk-min-length']
  const minChunkBytes = typeof minimum === 'string' && /^\d{1,12}$/.test(minimum) ? Number(minimum) : 0
  return { location, minChunkBytes }
}
