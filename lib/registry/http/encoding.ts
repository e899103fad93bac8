/**
 * Handles `Content-Encoding` in responses to requests for `identity`. Storage may send the header of the upload
 * (`aws-chunked`) or a wrong one: the digest or the document then shows whether the bytes are encoded. A proxy may
 * compress responses: gzip is decompressed if the length or the document requires it. Other encodings are errors.
 */
import { gunzipSync } from 'node:zlib'
import { Transform, type TransformCallback } from 'node:stream'
import { Verifier, type Expected } from '../../bytes/index.js'
import { WindlassError } from '../../errors.js'
import { quoted } from '../../codec/printable.js'
import { failedTo } from './attempt.js'
import type { Response } from './connections.js'

/** Reports whether a response claims to be encoded. */
export function isEncoded({ headers }: Pick<Response, 'headers'>): boolean {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? ''
  return encoding !== '' && encoding !== 'identity'
}

/** Returns the REGISTRY_RESPONSE error for a response that cannot be used because it is encoded. */
export function encoded({ headers, url }: Pick<Response, 'headers' | 'url'>, purpose: string): WindlassError {
  return new WindlassError(
    'REGISTRY_RESPONSE',
    `${failedTo({ purpose, url })}: the response has the Content-Encoding ${quoted(headers['content-encoding'] ?? '', 40)}, which was not requested`,
    { host: url.host, hint: `Does a proxy in front of ${url.host} compress responses?` },
  )
}

/** Reports whether a response claims to be encoded with gzip (RFC 9110 §8.4.1.3). */
export const saysGzip = ({ headers }: Pick<Response, 'headers'>): boolean =>
  /^(x-)?gzip$/.test(headers['content-encoding']?.trim().toLowerCase() ?? '')

/** Decompresses gzip data. Returns undefined if it is not gzip, or if the result exceeds `maxBytes`. */
export function gunzipped(bytes: Buffer, maxBytes: number): Buffer | undefined {
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

/**
 * Passes a blob through whose encoding is only claimed. The last byte is passed when size and digest are verified.
 * Other bytes fail with `failure`, so that no reader takes them for the complete blob.
 */
export class ClaimedEncoding extends Transform {
  readonly #verifier: Verifier
  readonly #failure: () => WindlassError

  constructor(expected: Expected, failure: () => WindlassError) {
    super()
    this.#verifier = new Verifier(expected, 'blob')
    this.#failure = failure
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      this.#verifier.update(chunk)
      if (this.#verifier.bytes === this.#verifier.expected.size) this.#verifier.check()
    } catch {
      done(this.#failure())
      return
    }
    done(null, chunk)
  }

  override _flush(done: TransformCallback): void {
    done(this.#verifier.bytes === this.#verifier.expected.size ? null : this.#failure())
  }
}
