/**
 * Requests a whole blob, the rest of a blob after an interrupted attempt, or a part of a blob (RFC 9110 §14). If a
 * range response does not clearly match the request, the whole blob is requested, because the digest covers the whole
 * blob.
 */
import { type Readable, pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { Verifier, VerifyingStream, sizeMismatchHint, manifestSizeError } from '../../bytes/index.js'
import { WindlassError } from '../../errors.js'
import { formatCount } from '../../quantities.js'
import { displayHost } from '../policy/registry-name.js'
import type { Digest } from '../../image/digest/digest.js'
import type { BlobBody, BlobRequest } from '../../image/source.js'
import { parseContentRange } from '../headers/content-range.js'
import { discard } from '../http/discard.js'
import { encodingError, isEncoded, claimsGzip } from '../http/encoding.js'
import type { FinalResponse } from '../http/redirects.js'

/** Describes the request for one blob. */
export interface BlobExchange {
  /** Purpose of the request, as a phrase for error messages. */
  readonly purpose: string
  readonly digest: Digest
  /** Expected size of the whole blob in bytes, if known. A response with another size is rejected. */
  readonly size: number | undefined
  /** Sends the request with the given additional headers. */
  send(headers: Readonly<Record<string, string>>): Promise<FinalResponse>
  /** Converts a response that is not the blob to an error, and closes its body. */
  toError(response: FinalResponse): Promise<WindlassError>
}

/**
 * Requests a blob from `offset`, or from its start if the server does not continue there. With `length`, requests that
 * many bytes; the result is either that part (shorter at the end of the blob) or the whole blob. The `offset` of the
 * result is the position of the first byte.
 * @throws errors of `exchange.send` and `exchange.toError`; SIZE_MISMATCH when the response reports another size,
 * or REGISTRY_RESPONSE when a Content-Encoding explains it. The stream of a whole blob fails with REGISTRY_RESPONSE
 * when its bytes are wrong and the response has a Content-Encoding.
 */
export async function fetchRanged(
  exchange: BlobExchange,
  { offset = 0, length, validator }: BlobRequest,
): Promise<BlobBody> {
  if (offset > 0 || length !== undefined) {
    const response = await exchange.send({
      range: `bytes=${offset}-${length === undefined ? '' : offset + length - 1}`,
      // If-Range requires a strong validator (RFC 9110 §13.1.5).
      ...(isStrong(validator) ? { 'if-range': validator } : {}),
    })
    if (
      response.status === 206 &&
      isRequestedPart(response, { offset, length, validator, size: exchange.size })
    )
      return bodyOf(exchange, response, { offset, isPartial: length !== undefined })
    if (response.status === 200 || isOtherRefusal(response.status)) return wholeBlob(exchange, response)
    discard(response) // The server does not support the range.
  }
  return wholeBlob(exchange, await exchange.send({}))
}

async function wholeBlob(exchange: BlobExchange, response: FinalResponse): Promise<BlobBody> {
  if (response.status === 200) return bodyOf(exchange, response, { offset: 0, isPartial: false })
  throw await exchange.toError(response)
}

/** Reports whether a status is an error that does not concern the range. */
const isOtherRefusal = (status: number): boolean =>
  [401, 403, 404, 408, 410, 423, 429, 451].includes(status) || (status >= 500 && status !== 501)

/** The part that was requested, of a blob of `size` bytes. */
interface RequestedPart {
  readonly offset: number
  readonly length: number | undefined
  readonly validator: string | undefined
  readonly size: number | undefined
}

/** Reports whether a 206 response is the part that was requested, of the blob that the earlier bytes belong to. */
function isRequestedPart(
  { headers }: FinalResponse,
  { offset, length, validator, size }: RequestedPart,
): boolean {
  const range = parseContentRange(headers['content-range'])
  if (range?.first !== offset || (size !== undefined && (range.size ?? size) !== size)) return false
  const end = Math.min(offset + (length ?? Infinity), size ?? range.size ?? Infinity)
  if (length !== undefined && range.last !== end - 1) return false
  // A server without support for If-Range sends part of a changed blob as well.
  return !isStrong(validator) || !isStrong(headers.etag) || headers.etag === validator
}

async function bodyOf(
  { purpose, digest, size: expected }: BlobExchange,
  response: FinalResponse,
  { offset, isPartial }: { readonly offset: number; readonly isPartial: boolean },
): Promise<BlobBody> {
  const { headers, body, url, status } = response
  const isWhole = status === 200
  const length = /^\d{1,15}$/.test(headers['content-length'] ?? '')
    ? Number(headers['content-length'])
    : undefined
  const size = isWhole ? undefined : parseContentRange(headers['content-range'])?.size
  // The length of a part in the middle says nothing about the size of the blob.
  const reportedSize = size ?? (isPartial ? expected : length === undefined ? undefined : offset + length)
  const hasOtherSize = expected !== undefined && reportedSize !== undefined && reportedSize !== expected
  if (hasOtherSize && isWhole && claimsGzip(response)) {
    const toStreamError = (): WindlassError => encodingError(response, purpose)
    const stream = gunzipThrough(
      body,
      new VerifyingStream({ digest, size: expected }, { toStreamError }),
      toStreamError,
    )
    return { stream, offset, size: expected, validator: undefined, host: url.host }
  }
  if (hasOtherSize) {
    const sizes = `${formatCount(reportedSize, 'byte')}, but the manifest states ${formatCount(expected, 'byte')}`
    const message = `Failed to ${purpose}: ${displayHost(url.host)} sends ${sizes}`
    if (isEncoded(response)) {
      body.destroy()
      throw encodingError(response, purpose)
    }
    if (isWhole && (await isBlob(body, digest, reportedSize)))
      throw manifestSizeError(message, digest, url.host)
    body.destroy()
    throw new WindlassError('SIZE_MISMATCH', message, { digest, host: url.host, hint: sizeMismatchHint })
  }
  const mustVerify = isEncoded(response) && expected !== undefined && isWhole
  return {
    stream: mustVerify
      ? pipeThrough(
          body,
          new VerifyingStream(
            { digest, size: expected },
            { toStreamError: () => encodingError(response, purpose) },
          ),
        )
      : body,
    offset,
    size: reportedSize,
    validator: isStrong(headers.etag) ? headers.etag : undefined,
    host: url.host,
  }
}

/** Maximum number of bytes read to determine whether the manifest or the server states a wrong size. */
const maxProbeBytes = 1024 * 1024

/**
 * Reports whether `body`, which has `size` bytes, matches the digest. Returns false without reading a body larger
 * than `maxProbe`.
 */
async function isBlob(body: Readable, digest: Digest, size: number): Promise<boolean> {
  if (size > maxProbeBytes) return false
  const verifier = new Verifier({ digest, size }, 'blob')
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) verifier.update(chunk)
    return verifier.bytes === size && verifier.hasDigest()
  } catch {
    return false // the size differs in any case
  }
}

/** Pipes `body` through `check`. Each is destroyed with the other. */
function pipeThrough(body: Readable, verifier: VerifyingStream): Readable {
  verifier.on('error', () => undefined) // the reader receives the error as well
  pipeline(body, verifier, () => undefined)
  return verifier
}

/** Decompresses `body` with gzip and pipes it through `check`. Invalid gzip data fails with `failure`. */
function gunzipThrough(body: Readable, check: VerifyingStream, failure: () => WindlassError): Readable {
  check.on('error', () => undefined)
  const gunzip = createGunzip()
  gunzip.once('error', () => check.destroy(failure()))
  pipeline(body, gunzip, () => undefined)
  pipeline(gunzip, check, () => undefined)
  return check
}

/** Reports whether an ETag is a strong validator (RFC 9110 §8.8.3). A weak one does not guarantee identical bytes. */
const isStrong = (etag: string | undefined): etag is string =>
  etag !== undefined && etag.length <= 1024 && /^"[\x21\x23-\x7e]*"$/.test(etag)
