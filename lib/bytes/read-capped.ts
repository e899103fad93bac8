/** A whole stream in memory, as far as a limit allows. */
import type { Readable } from 'node:stream'
import { WindlassError } from '../errors.js'

export interface Cap {
  /** In bytes. */
  readonly limit: number
  /** The limit's name, for the one who would raise it. */
  readonly name: string
  /** What is read, for the message: `the manifest of alpine:3.20`. */
  readonly what: string
  /** What to do about it. */
  readonly hint?: string
}

/**
 * Reads `source` to its end; it is destroyed however that goes.
 * @throws WindlassError LIMIT_EXCEEDED with the first byte too many; whatever `source` fails with
 */
export async function readCapped(source: Readable, { limit, name, what, hint }: Cap): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of source as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > limit)
      throw new WindlassError(
        'LIMIT_EXCEEDED',
        `Reading ${what} failed: it is longer than ${name} allows (${limit} bytes)`,
        hint === undefined ? {} : { hint },
      )
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, bytes)
}
