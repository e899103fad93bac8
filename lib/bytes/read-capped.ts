/** Reads a stream into memory, up to a limit. */
import type { Readable } from 'node:stream'
import { WindlassError } from '../errors.js'
import { formatExactBytes } from '../quantities.js'

/** A limit of `readCapped` and how to report that it is exceeded. */
export interface Cap {
  /** The maximum in bytes. */
  readonly limit: number
  /** The name of the limit, for users who want to raise it. */
  readonly name: string
  /** What is read, for the message: `the manifest of alpine:3.20`. */
  readonly what: string
  /** A hint for the user. */
  readonly hint?: string
}

/**
 * Reads `source` to its end and destroys it, also after a failure.
 * @throws WindlassError LIMIT_EXCEEDED when `source` has more than `limit` bytes; the error of `source`
 */
export async function readCapped(source: Readable, { limit, name, what, hint }: Cap): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of source as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > limit)
      throw new WindlassError(
        'LIMIT_EXCEEDED',
        `Failed to read ${what}: it is longer than the limit ${name} (${formatExactBytes(limit)})`,
        hint === undefined ? {} : { hint },
      )
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, bytes)
}
