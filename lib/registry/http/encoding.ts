/**
 * `Content-Encoding`. Requests ask for `identity`. A store may still send the header, because it kept that of the upload
 * (`aws-chunked`), or made one up: then the digest, or the document, tells whether the bytes are encoded. A proxy may
 * compress what it passes on: gzip is undone where the length or the document says so. Any other encoding is an error that
 * names it.
 */
import { gunzipSync } from 'node:zlib'
import { Transform, type TransformCallback } from 'node:stream'
import { Verifier, type Expected } from '../../bytes/index.js'
import { WindlassError } from '../../errors.js'
import { printable } from '../../codec/printable.js'
import type { Response } from './connections.js'

/** Whether an answer says that it is encoded. */
export function isEncoded({ headers }: Pick<Response, 'headers'>): boolean {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? ''
  return encoding !== '' && encoding !== 'identity'
}

/** REGISTRY_RESPONSE for an answer whose bytes are of no use because they are encoded. */
export function encoded({ headers, url }: Pick<Response, 'headers' | 'url'>, purpose: string): WindlassError {
  return new WindlassError(
    'REGISTRY_RESPONSE',
    `Failed to ${purpose} from ${url.host}: it comes with the Content-Encoding '${printable(headers['content-encoding'] ?? '', 40)}', although identity was asked for`,
    { host: url.host, hint: `Is there a proxy before ${url.host} that compresses?` },
  )
}

/** Whether an answer says that it is in gzip (RFC 9110 §8.4.1.3). */
export const saysGzip = ({ headers }: Pick<Response, 'headers'>): boolean =>
  /^(x-)?gzip$/.test(headers['content-encoding']?.trim().toLowerCase() ?? '')

/** What `bytes` in gzip hold; undefined where they are not in gzip, or hold more than `maxBytes`. */
export function gunzipped(bytes: Buffer, maxBytes: number): Buffer | undefined {
  try {
    return gunzipSync(bytes, { maxOutputLength: Math.max(1, maxBytes) })
  } catch {
    return undefined
  }
}

/** Whether `bytes` are a JSON document as they are, so that its encoding is only claimed. */
export function isPlainJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString('utf8'))
    return true
  } catch {
    return false
  }
}

/**
 * Passes a blob whose encoding is only claimed. The last byte goes through when all bytes have the size and digest that
 * are expected; other bytes fail with `failure`, before a reader could take them for the whole blob.
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
