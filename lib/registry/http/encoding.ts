/**
 * Handles `Content-Encoding` in responses to requests for `identity`. Storage may send the header of the upload
 * (`aws-chunked`) or a wrong one: the digest or the document then shows whether the bytes are encoded. A proxy may
 * compress responses: gzip is decompressed if the length or the document requires it. Other encodings are errors.
 */
import { gunzipSync } from 'node:zlib'
import { WindlassError } from '../../errors.js'
import { quoted } from '../../codec/printable.js'
import { failurePrefix } from './attempt.js'
import type { Response } from './connections.js'

/** Reports whether a response claims to be encoded. */
export function isEncoded({ headers }: Pick<Response, 'headers'>): boolean {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? ''
  return encoding !== '' && encoding !== 'identity'
}

/** Returns the REGISTRY_RESPONSE error for a response that cannot be used because it is encoded. */
export function encodingError(
  { headers, url }: Pick<Response, 'headers' | 'url'>,
  purpose: string,
): WindlassError {
  return new WindlassError(
    'REGISTRY_RESPONSE',
    `${failurePrefix({ purpose, url })}: the response has the Content-Encoding ${quoted(headers['content-encoding'] ?? '', 40)}, which was not requested`,
    { host: url.host, hint: `Does a proxy in front of ${url.host} compress responses?` },
  )
}

/** Reports whether a response claims to be encoded with gzip (RFC 9110 §8.4.1.3). */
export const claimsGzip = ({ headers }: Pick<Response, 'headers'>): boolean =>
  /^(x-)?gzip$/.test(headers['content-encoding']?.trim().toLowerCase() ?? '')

/** Decompresses gzip data. Returns undefined if it is not gzip, or if the result exceeds `maxBytes`. */
export function gunzip(bytes: Buffer, maxBytes: number): Buffer | undefined {
  try {
    return gunzipSync(bytes, { maxOutputLength: Math.max(1, maxBytes) })
  } catch {
    return undefined
  }
}

/** Reports whether `bytes` are a JSON document, so that they are not encoded. */
export function isPlainJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString('utf8'))
    return true
  } catch {
    return false
  }
}
