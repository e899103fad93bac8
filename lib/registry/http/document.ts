/** Bodies that are read into memory: manifests, tokens, tags, refusals. Each with a limit in bytes and in time. */
import { WindlassError } from '../../errors.js'
import { type LimitName, raiseHint } from '../../limits.js'
import type { Response } from './connections.js'
import { encoded, gunzipped, isEncoded, isPlainJson, saysGzip } from './encoding.js'

export interface DocumentLimits {
  readonly maxBytes: number
  /** Milliseconds for the whole body, from its first byte on: until then it is `Connections` that waits. */
  readonly deadline: number
  readonly purpose: string
  /** What raises `maxBytes`. */
  readonly limit: LimitName
}

/**
 * Reads a JSON document. One that claims to be encoded and is not is taken as it is; one in gzip is decoded.
 * @throws REGISTRY_RESPONSE for an encoded body; LIMIT_EXCEEDED as soon as the length is told or passed; STALLED when time
 * is up; what the body fails with
 */
export async function readDocument(response: Response, limits: DocumentLimits): Promise<Buffer> {
  const { body, headers, url } = response
  const { maxBytes, deadline, purpose, limit } = limits
  const tooLong = (): WindlassError =>
    new WindlassError(
      'LIMIT_EXCEEDED',
      `Failed to ${purpose} from ${url.host}: the answer is longer than ${limit} allows: ${maxBytes} bytes`,
      { host: url.host, hint: raiseHint(limit) },
    )
  if (Number(headers['content-length']) > maxBytes) {
    body.destroy()
    throw tooLong()
  }
  const late = (): WindlassError =>
    new WindlassError(
      'STALLED',
      `Failed to ${purpose} from ${url.host}: the answer took longer than ${deadline / 1000} s`,
      { host: url.host },
    )
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of within(deadline, response, late, 'first byte')) {
    length += chunk.length
    if (length > maxBytes) throw tooLong()
    chunks.push(chunk)
  }
  const bytes = Buffer.concat(chunks, length)
  if (!isEncoded(response) || isPlainJson(bytes)) return bytes
  const decoded = saysGzip(response) ? gunzipped(bytes, maxBytes) : undefined
  if (decoded === undefined) throw encoded(response, purpose)
  return decoded
}

/**
 * What came of a body that is of secondary interest, and whether there was more than `maxBytes` of it; nothing of one
 * that really is encoded. Never throws: what goes wrong is the end of it.
 */
export async function readStart(
  response: Response,
  { maxBytes, deadline }: Pick<DocumentLimits, 'maxBytes' | 'deadline'>,
): Promise<{ readonly bytes: Buffer; readonly cut: boolean }> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of within(deadline, response, () => new Error('late'))) {
      chunks.push(chunk)
      length += chunk.length
      if (length > maxBytes) break
    }
  } catch {
    // There is nothing more to be had of it.
  }
  response.body.destroy()
  const bytes = Buffer.concat(chunks, length)
  if (isEncoded(response) && !isPlainJson(bytes)) return { bytes: Buffer.alloc(0), cut: false }
  return { bytes: bytes.subarray(0, maxBytes), cut: length > maxBytes }
}

/** The body, which fails with `late` after `deadline` milliseconds and is closed in the end. */
async function* within(
  deadline: number,
  { body }: Response,
  late: () => Error,
  from: 'now' | 'first byte' = 'now',
): AsyncGenerator<Buffer> {
  const start = (): NodeJS.Timeout => setTimeout(() => body.destroy(late()), deadline)
  let timer = from === 'now' ? start() : undefined
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      timer ??= start()
      yield chunk
    }
  } finally {
    clearTimeout(timer)
    body.destroy()
  }
}
