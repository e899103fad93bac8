/** Reads response bodies into memory, with a limit in bytes and in time: manifests, tokens, tag lists and errors. */
import { type ErrorCode, WindlassError } from '../../errors.js'
import { formatLimit, type LimitName, raiseHint } from '../../limits.js'
import { formatDuration } from '../../quantities.js'
import { failurePrefix } from './attempt.js'
import type { Response } from './connections.js'
import { encodingError, gunzip, isEncoded, isPlainJson, claimsGzip } from './encoding.js'
import { isWebPage, webPageError } from './web-page.js'

/** Limits of reading a document. */
export interface DocumentLimits {
  readonly maxBytes: number
  /** Milliseconds for the whole body, from its first byte. `Connections` limits the time until then. */
  readonly timeout: number
  readonly purpose: string
  /** Name of the limit that sets `maxBytes`, for the error. */
  readonly limitName: LimitName
  /** Code of the error for a web page in place of the document (default REGISTRY_RESPONSE). */
  readonly webPageCode?: ErrorCode
}

/**
 * Reads a JSON document. A gzip body is decompressed; a body that claims an encoding but is plain JSON is returned
 * unchanged.
 * @throws REGISTRY_RESPONSE when the body has another encoding; `webPageCode` when it is a web page; LIMIT_EXCEEDED as
 * soon as the announced or received length exceeds `maxBytes`; STALLED after `timeout`; errors of the body
 */
export async function readDocument(response: Response, limits: DocumentLimits): Promise<Buffer> {
  const { body, headers, url } = response
  const { maxBytes, timeout, purpose, limitName, webPageCode = 'REGISTRY_RESPONSE' } = limits
  const attempt = { purpose, url }
  const tooLongError = (): WindlassError =>
    new WindlassError(
      'LIMIT_EXCEEDED',
      `${failurePrefix(attempt)}: the response is longer than the limit ${formatLimit(limitName, maxBytes)}`,
      { host: url.host, hint: raiseHint(limitName) },
    )
  if (Number(headers['content-length']) > maxBytes) {
    body.destroy()
    throw tooLongError()
  }
  const timeoutError = (): WindlassError =>
    new WindlassError(
      'STALLED',
      `${failurePrefix(attempt)}: the response took longer than ${formatDuration(timeout)}`,
      { host: url.host, hint: 'Try again. --stall-timeout sets how long to wait.' },
    )
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of readWithin(timeout, response, timeoutError, 'first byte')) {
    length += chunk.length
    if (length > maxBytes) throw tooLongError()
    chunks.push(chunk)
  }
  const bytes = Buffer.concat(chunks, length)
  if (isWebPage(bytes)) throw webPageError(attempt, webPageCode)
  if (!isEncoded(response) || isPlainJson(bytes)) return bytes
  const decoded = claimsGzip(response) ? gunzip(bytes, maxBytes) : undefined
  if (decoded === undefined) throw encodingError(response, purpose)
  return decoded
}

/**
 * Reads at most `maxBytes` of a body that only explains an error, and closes it. `isTruncated` reports whether there
 * was more. Returns no bytes if the body is encoded. Never throws: an error or the timeout ends the body.
 */
export async function readBodyStart(
  response: Response,
  { maxBytes, timeout }: Pick<DocumentLimits, 'maxBytes' | 'timeout'>,
): Promise<{ readonly bytes: Buffer; readonly isTruncated: boolean }> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of readWithin(timeout, response, () => new Error('late'))) {
      chunks.push(chunk)
      length += chunk.length
      if (length > maxBytes) break
    }
  } catch {
    // the bytes received so far are returned
  }
  response.body.destroy()
  const bytes = Buffer.concat(chunks, length)
  if (isEncoded(response) && !isPlainJson(bytes)) return { bytes: Buffer.alloc(0), isTruncated: false }
  return { bytes: bytes.subarray(0, maxBytes), isTruncated: length > maxBytes }
}

/**
 * Yields the chunks of the body, which fails with `timeoutError` after `timeout` milliseconds. The body is closed at
 * the end.
 */
async function* readWithin(
  timeout: number,
  { body }: Response,
  timeoutError: () => Error,
  startAt: 'now' | 'first byte' = 'now',
): AsyncGenerator<Buffer> {
  const startTimer = (): NodeJS.Timeout => setTimeout(() => body.destroy(timeoutError()), timeout)
  let timer = startAt === 'now' ? startTimer() : undefined
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      timer ??= startTimer()
      yield chunk
    }
  } finally {
    clearTimeout(timer)
    body.destroy()
  }
}
