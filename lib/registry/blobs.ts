/**
 * Blobs as streams, from the start or from where an earlier attempt ended (distribution spec, "Pulling blobs";
 * RFC 9110 §14). When in doubt about a range, the whole is asked for: the digest is over the whole anyway.
 */
import { WindlassError } from '../errors.js'
import type { Descriptor } from '../image/descriptor.js'
import { printable } from '../image/printable.js'
import type { BlobBody, BlobRequest } from '../image/source.js'
import { parseContentRange } from './content-range.js'
import { discard } from './discard.js'
import type { Followed } from './redirects.js'
import { accessHints, refusal } from './refusal.js'
import type { RepositoryContext } from './repository-context.js'

/**
 * @throws BLOB_UNKNOWN, UNAUTHORIZED, DENIED, TOO_MANY_REQUESTS, REGISTRY_UNAVAILABLE, REGISTRY_RESPONSE (S1-13),
 * network errors; the stream fails with NETWORK, STALLED or CANCELLED
 */
export async function fetchBlob(
  context: RepositoryContext,
  descriptor: Descriptor,
  { signal, offset = 0, validator }: BlobRequest = {},
): Promise<BlobBody> {
  if (offset > 0) {
    const answer = await ask(context, descriptor, signal, {
      range: `bytes=${offset}-`,
      // Without a strong validator the header would mean nothing (RFC 9110 §13.1.5).
      ...(isStrong(validator) ? { 'if-range': validator } : {}),
    })
    if (answer.status === 206 && continues(answer, offset, validator)) return bodyOf(answer, offset)
    if (answer.status !== 206 && answer.status !== 416) return whole(context, descriptor, answer)
    discard(answer)
  }
  return whole(context, descriptor, await ask(context, descriptor, signal))
}

function ask(
  { client, repository }: RepositoryContext,
  { digest }: Descriptor,
  signal: AbortSignal | undefined,
  headers: Readonly<Record<string, string>> = {},
): Promise<Followed> {
  return client.send({
    repository,
    to: [repository, 'blobs', digest],
    headers,
    purpose: purposeOf(repository, digest),
    signal,
  })
}

async function whole(
  { secrets, timeouts, hint, repository }: RepositoryContext,
  { digest }: Descriptor,
  answer: Followed,
): Promise<BlobBody> {
  if (answer.status === 200) return bodyOf(answer, 0)
  const purpose = purposeOf(repository, digest)
  const deadline = timeouts.document
  throw await refusal(answer, {
    purpose,
    secrets,
    missing: 'BLOB_UNKNOWN',
    deadline,
    hints: accessHints(hint),
    subject: { digest },
  })
}

/** Whether a 206 is the rest of the very bytes that are here. */
function continues({ headers }: Followed, offset: number, validator: string | undefined): boolean {
  if (parseContentRange(headers['content-range'])?.first !== offset) return false
  // A server that knows no If-Range sends a part of the changed blob too.
  return !isStrong(validator) || !isStrong(headers.etag) || headers.etag === validator
}

function bodyOf({ headers, body, url }: Followed, offset: number): BlobBody {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? ''
  if (encoding !== '' && encoding !== 'identity') {
    body.destroy()
    throw new WindlassError(
      'REGISTRY_RESPONSE',
      `${url.host} sends a blob with the Content-Encoding '${printable(encoding, 40)}', although identity was asked for`,
      { host: url.host },
    )
  }
  const length = /^\d{1,15}$/.test(headers['content-length'] ?? '')
    ? Number(headers['content-length'])
    : undefined
  const size = offset > 0 ? parseContentRange(headers['content-range'])?.size : undefined
  return {
    stream: body,
    offset,
    size: size ?? (length === undefined ? undefined : offset + length),
    validator: isStrong(headers.etag) ? headers.etag : undefined,
    host: url.host,
  }
}

/** RFC 9110 §8.8.3; a weak one says "as good as", and a digest wants "the same". */
const isStrong = (etag: string | undefined): etag is string =>
  etag !== undefined && etag.length <= 1024 && /^"[\x21\x23-\x7e]*"$/.test(etag)

const purposeOf = (repository: string, digest: string): string =>
  `download the blob ${digest} of ${repository}`
