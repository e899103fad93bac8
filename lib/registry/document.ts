/** Bodies that are read whole into memory: manifests, tokens, tags, refusals. Each with a limit in bytes and in time. */
import { WindlassError } from '../errors.js'
import { type LimitName, raiseHint } from '../image/limits.js'
import type { Answer } from './connections.js'
import { refuseEncoded } from './encoding.js'

export interface DocumentLimits {
  readonly maxBytes: number
  /** Milliseconds for the whole body. */
  readonly deadline: number
  readonly purpose: string
  /** What raises `maxBytes`, where something does. */
  readonly limit?: LimitName
}

/** @throws REGISTRY_RESPONSE for an encoded body; LIMIT_EXCEEDED as soon as the length is told or passed; STALLED when time is up; what the body fails with */
export async function readDocument(answer: Answer, limits: DocumentLimits): Promise<Buffer> {
  const { body, headers, url } = answer
  const { maxBytes, deadline, purpose, limit } = limits
  const tooLong = (): WindlassError =>
    new WindlassError(
      'LIMIT_EXCEEDED',
      `Failed to ${purpose} from ${url.host}: the answer is longer than ${limit === undefined ? '' : `${limit} allows: `}${maxBytes} bytes`,
      { host: url.host, ...(limit === undefined ? {} : { hint: raiseHint(limit) }) },
    )
  refuseEncoded(answer, purpose)
  if (Number(headers['content-length']) > maxBytes) {
    body.destroy()
    throw tooLong()
  }
  const timer = setTimeout(
    () =>
      body.destroy(
        new WindlassError(
          'STALLED',
          `Failed to ${purpose} from ${url.host}: the answer took longer than ${deadline / 1000} s`,
          {
            host: url.host,
          },
        ),
      ),
    deadline,
  )
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > maxBytes) throw tooLong()
      chunks.push(chunk)
    }
  } finally {
    clearTimeout(timer)
    body.destroy()
  }
  return Buffer.concat(chunks, length)
}
