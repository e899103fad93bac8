/** Bodies that are read into memory: manifests, tokens, tags, refusals. Each with a limit in bytes and in time. */
import { WindlassError } from '../errors.js'
import { type LimitName, raiseHint } from '../image/limits.js'
import type { Answer } from './connections.js'
import { isEncoded, refuseEncoded } from './encoding.js'

export interface DocumentLimits {
  readonly maxBytes: number
  /** Milliseconds for the whole body. */
  readonly deadline: number
  readonly purpose: string
  /** What raises `maxBytes`. */
  readonly limit: LimitName
}

/** @throws REGISTRY_RESPONSE for an encoded body; LIMIT_EXCEEDED as soon as the length is told or passed; STALLED when time is up; what the body fails with */
export async function readDocument(answer: Answer, limits: DocumentLimits): Promise<Buffer> {
  const { body, headers, url } = answer
  const { maxBytes, deadline, purpose, limit } = limits
  const tooLong = (): WindlassError =>
    new WindlassError(
      'LIMIT_EXCEEDED',
      `Failed to ${purpose} from ${url.host}: the answer is longer than ${limit} allows: ${maxBytes} bytes`,
      { host: url.host, hint: raiseHint(limit) },
    )
  refuseEncoded(answer, purpose)
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
  for await (const chunk of within(deadline, answer, late)) {
    length += chunk.length
    if (length > maxBytes) throw tooLong()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}

/**
 * What came of a body that is of secondary interest, and whether there was more than `maxBytes` of it; nothing of one
 * that is encoded. Never throws: what goes wrong is the end of it.
 */
export async function readStart(
  answer: Answer,
  { maxBytes, deadline }: Pick<DocumentLimits, 'maxBytes' | 'deadline'>,
): Promise<{ readonly bytes: Buffer; readonly cut: boolean }> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    if (isEncoded(answer)) throw new Error('encoded')
    for await (const chunk of within(deadline, answer, () => new Error('late'))) {
      chunks.push(chunk)
      length += chunk.length
      if (length > maxBytes) break
    }
  } catch {
    // There is nothing more to be had of it.
  }
  answer.body.destroy()
  const bytes = Buffer.concat(chunks, length)
  return { bytes: bytes.subarray(0, maxBytes), cut: length > maxBytes }
}

/** The body, which fails with `late` after `deadline` milliseconds and is closed in the end. */
async function* within(deadline: number, { body }: Answer, late: () => Error): AsyncGenerator<Buffer> {
  const timer = setTimeout(() => body.destroy(late()), deadline)
  try {
    yield* body as AsyncIterable<Buffer>
  } finally {
    clearTimeout(timer)
    body.destroy()
  }
}
