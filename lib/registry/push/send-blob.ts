/**
 * Sends the content of a blob into an open upload: in one request, or in chunks if the registry does not accept that
 * (distribution spec, "POST then PUT", "Pushing a blob in chunks").
 */
import { WindlassError } from '../../errors.js'
import type { Digest } from '../../image/digest/digest.js'
import type { Location } from '../headers/location.js'
import { discard } from '../http/discard.js'
import type { FinalResponse } from '../http/redirects.js'
import { pushScope } from '../auth/scope.js'
import type { RepositoryContext } from '../api/repository-context.js'
import type { BlobContent } from './blob-content.js'
import { Pieces } from './pieces.js'
import { pushRefusal } from './push-refusal.js'
import { failurePrefix } from '../http/attempt.js'
import { type Upload, uploadOf, uploadPurpose } from './upload.js'

/** A blob to send. */
export interface BlobToSend {
  readonly digest: Digest
  readonly content: BlobContent
  readonly signal: AbortSignal | undefined
}

/** Size of a chunk in bytes. Some proxies reject requests of more than 100 MB. */
const chunkBytes = 64 * 1024 * 1024

/** Statuses by which registries and proxies refuse to accept the content in one request. */
const chunkStatuses: ReadonlySet<number> = new Set([405, 413, 415, 501])

const octetHeaders = { 'content-type': 'application/octet-stream' } as const

/**
 * Milliseconds per byte that are added to the response timeout, because a registry hashes and moves a blob before it
 * responds. This is 20 MB/s, which even slow storage exceeds.
 */
const storageMsPerByte = 1 / 20_000

/**
 * Sends the content in one request. Returns `needs-chunks` if the registry does not accept that; the upload must not be
 * used any more then.
 * @throws errors of the content; errors of `pushRefusal`; REGISTRY_RESPONSE when the registry stored something else;
 * network errors
 */
export async function sendWhole(
  context: RepositoryContext,
  { location }: Upload,
  { digest, content, signal }: BlobToSend,
): Promise<'sent' | 'needs-chunks'> {
  const { client, repository } = context
  const purpose = uploadPurpose(context, digest)
  const response = await client.send({
    ...{ method: 'PUT', to: withDigest(location, digest), headers: octetHeaders, body: content, signal },
    ...{ purpose, preposition: 'to' },
    extraTimeout: Math.ceil(content.size * storageMsPerByte),
    scopes: [pushScope(repository)],
  })
  if (chunkStatuses.has(response.status)) {
    discard(response)
    return 'needs-chunks'
  }
  await assertStored(context, response, { digest, content, purpose })
  return 'sent'
}

/** Sends the content in chunks. @throws as `sendWhole` */
export async function sendChunks(
  context: RepositoryContext,
  upload: Upload,
  { digest, content, signal }: BlobToSend,
): Promise<'sent'> {
  const { client, repository } = context
  const purpose = uploadPurpose(context, digest)
  const scopes = [pushScope(repository)]
  const pieces = new Pieces(await content.open())
  const size = Math.max(chunkBytes, upload.minChunkBytes)
  for (let at = 0; at < content.size; at += size) {
    const length = Math.min(size, content.size - at)
    const headers = { ...octetHeaders, 'content-range': `${at}-${at + length - 1}` }
    const body = pieces.next(length)
    const response = await client.send({
      ...{ method: 'PATCH', to: upload.location, headers, body, signal, scopes },
      ...{ purpose, preposition: 'to' },
    })
    if (response.status < 200 || response.status > 299)
      throw await pushRefusal(response, context, { kind: 'blob', digest, purpose })
    if (response.headers.location === undefined) discard(response)
    else upload.location = uploadOf(context, response, purpose).location
  }
  await pieces.drain()
  const response = await client.send({
    ...{ method: 'PUT', to: withDigest(upload.location, digest), headers: octetHeaders, signal, scopes },
    ...{ purpose, preposition: 'to' },
    extraTimeout: Math.ceil(content.size * storageMsPerByte),
  })
  await assertStored(context, response, { digest, content, purpose })
  return 'sent'
}

/** The specification requires 201. Some registries send 200 or 204. 202 means that the upload is not complete. */
const isStored = (status: number): boolean => status === 200 || status === 201 || status === 204

/**
 * Reads the last response of an upload.
 * @throws errors of `pushRefusal`; REGISTRY_RESPONSE when the registry responded before the whole content was sent, or
 * names another digest
 */
async function assertStored(
  context: RepositoryContext,
  response: FinalResponse,
  { digest, content, purpose }: Omit<BlobToSend, 'signal'> & { readonly purpose: string },
): Promise<void> {
  const { url, status, headers } = response
  if (!isStored(status)) throw await pushRefusal(response, context, { kind: 'blob', digest, purpose })
  discard(response)
  const stored = headers['docker-content-digest']
  const problem = !content.isVerified
    ? 'the registry reported success before it had received everything'
    : stored !== undefined && stored !== digest
      ? `the registry stored ${String(stored)} instead`
      : undefined
  if (problem === undefined) return
  const failed = failurePrefix({ purpose, preposition: 'to', url })
  throw new WindlassError('REGISTRY_RESPONSE', `${failed}: ${problem}`, {
    ...{ host: url.host, digest, retryable: true, hint: 'Try again.' },
  })
}

/** Appends the digest to the query. The bytes before it are not changed, because they may be signed. */
function withDigest({ url, target }: Location, digest: Digest): Location {
  const whole = `${target}${target.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`
  return { url: new URL(url.origin + whole), target: whole }
}
