/** Bodies that are read whole into memory: manifests, tokens, tags, refusals. Each with a limit in bytes and in time. */
import { WindlassError } from '../errors.js'
import type { Answer } from './connections.js'

export interface DocumentLimits {
  readonly maxBytes: number
  /** Milliseconds for the whole body. */
  readonly deadline: number
  readonly purpose: string
}

/** @throws LIMIT_EXCEEDED as soon as the length is told or passed; STALLED when time is up; what the body fails with */
export async function readDocument({ body, headers, url }: Answer, limits: DocumentLimits): Promise<Buffer> {
  const { maxBytes, deadline, purpose } = limits
  const tooLong = (): WindlassError =>
    new WindlassError(
      'LIMIT_EXCEEDED',
      `Failed to ${purpose} from ${url.host}: the answer is longer than ${maxBytes} bytes`,
      {
        host: url.host,
      },
    )
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
