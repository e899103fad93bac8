/**
 * The body of a blob, from the start or from where an earlier attempt ended, whoever serves it (RFC 9110 §14). When in
 * doubt about a range, the whole is asked for: the digest is over the whole anyway.
 */
import { type Readable, pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { Verifier, eitherHint, wrongSize } from '../../bytes/index.js'
import { WindlassError } from '../../errors.js'
import type { Digest } from '../../image/digest/digest.js'
import type { BlobBody, BlobRequest } from '../../image/source.js'
import { parseContentRange } from '../headers/content-range.js'
import { discard } from '../http/discard.js'
import { ClaimedEncoding, encoded, isEncoded, saysGzip } from '../http/encoding.js'
import type { Followed } from '../http/redirects.js'

/** How a blob is asked for. */
export interface BlobExchange {
  /** What is being done, as requests say it. */
  readonly purpose: string
  readonly digest: Digest
  /** Of the whole blob in bytes, where that is known: an answer of another length is not that blob. */
  readonly size: number | undefined
  send(headers: Readonly<Record<string, string>>): Promise<Followed>
  /** What an answer means that is not the blob; closes its body. */
  refuse(response: Followed): Promise<WindlassError>
}

/**
 * @throws what `send` throws and what `refuse` answers; SIZE_MISMATCH where another length is told, or REGISTRY_RESPONSE
 * where that is because of a Content-Encoding. The stream of a whole blob fails with REGISTRY_RESPONSE where its bytes are
 * others than those of the digest and there is a Content-Encoding to explain it.
 */
export async function fetchRanged(
  exchange: BlobExchange,
  { offset = 0, validator }: BlobRequest,
): Promise<BlobBody> {
  if (offset > 0) {
    const response = await exchange.send({
      range: `bytes=${offset}-`,
      // Without a strong validator the header would mean nothing (RFC 9110 §13.1.5).
      ...(isStrong(validator) ? { 'if-range': validator } : {}),
    })
    if (response.status === 206 && continues(response, { offset, validator, size: exchange.size }))
      return bodyOf(exchange, response, offset)
    if (response.status === 200 || saysNo(response.status)) return whole(exchange, response)
    discard(response) // it is the range that is not understood
  }
  return whole(exchange, await exchange.send({}))
}

async function whole(exchange: BlobExchange, response: Followed): Promise<BlobBody> {
  if (response.status === 200) return bodyOf(exchange, response, 0)
  throw await exchange.refuse(response)
}

/** Refusals that have nothing to do with the range. */
const saysNo = (status: number): boolean =>
  [401, 403, 404, 408, 410, 423, 429, 451].includes(status) || (status >= 500 && status !== 501)

/** Whether a 206 is the rest of the very bytes that are here. */
function continues(
  { headers }: Followed,
  { offset, validator, size }: { offset: number; validator: string | undefined; size: number | undefined },
): boolean {
  const range = parseContentRange(headers['content-range'])
  if (range?.first !== offset || (size !== undefined && (range.size ?? size) !== size)) return false
  // A server that knows no If-Range sends a part of the changed blob too.
  return !isStrong(validator) || !isStrong(headers.etag) || headers.etag === validator
}

async function bodyOf(
  { purpose, digest, size: expected }: BlobExchange,
  response: Followed,
  offset: number,
): Promise<BlobBody> {
  const { headers, body, url } = response
  const length = /^\d{1,15}$/.test(headers['content-length'] ?? '')
    ? Number(headers['content-length'])
    : undefined
  const size = offset > 0 ? parseContentRange(headers['content-range'])?.size : undefined
  const told = size ?? (length === undefined ? undefined : offset + length)
  const differs = expected !== undefined && told !== undefined && told !== expected
  if (differs && offset === 0 && saysGzip(response)) {
    const failure = (): WindlassError => encoded(response, purpose)
    const stream = decoded(body, new ClaimedEncoding({ digest, size: expected }, failure), failure)
    return { stream, offset, size: expected, validator: undefined, host: url.host }
  }
  if (differs) {
    const failed = `Failed to ${purpose}: ${url.host} offers ${told} bytes, but the manifest says ${expected}`
    if (isEncoded(response)) {
      body.destroy()
      throw encoded(response, purpose)
    }
    if (offset === 0 && (await isBlob(body, digest, told))) throw wrongSize(failed, digest, url.host)
    body.destroy()
    throw new WindlassError('SIZE_MISMATCH', failed, { digest, host: url.host, hint: eitherHint })
  }
  const claimed = isEncoded(response) && expected !== undefined && offset === 0
  return {
    stream: claimed
      ? checked(body, new ClaimedEncoding({ digest, size: expected }, () => encoded(response, purpose)))
      : body,
    offset,
    size: told,
    validator: isStrong(headers.etag) ? headers.etag : undefined,
    host: url.host,
  }
}

/** Bytes that are read to find out whose fault it is that a blob has another size. */
const maxProbe = 1024 * 1024

/** Whether `body`, said to be of `size` bytes, is the blob after all. Not looked at where that is much to read. */
async function isBlob(body: Readable, digest: Digest, size: number): Promise<boolean> {
  if (size > maxProbe) return false
  const verifier = new Verifier({ digest, size }, 'blob')
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) verifier.update(chunk)
    return verifier.bytes === size && verifier.hasDigest()
  } catch {
    return false // the size is wrong, whatever else is
  }
}

/** `body` by way of `check`; each ends with the other. */
function checked(body: Readable, check: ClaimedEncoding): Readable {
  check.on('error', () => undefined) // whoever reads gets it all the same
  pipeline(body, check, () => undefined)
  return check
}

/** What `body` in gzip holds, by way of `check`; what is no gzip fails with `failure`. */
function decoded(body: Readable, check: ClaimedEncoding, failure: () => WindlassError): Readable {
  check.on('error', () => undefined)
  const gunzip = createGunzip()
  gunzip.once('error', () => check.destroy(failure()))
  pipeline(body, gunzip, () => undefined)
  pipeline(gunzip, check, () => undefined)
  return check
}

/** RFC 9110 §8.8.3; a weak one says "as good as", and a digest wants "the same". */
const isStrong = (etag: string | undefined): etag is string =>
  etag !== undefined && etag.length <= 1024 && /^"[\x21\x23-\x7e]*"$/.test(etag)
