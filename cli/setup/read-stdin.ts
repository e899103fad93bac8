/** Reads a text that is piped into a command. */
import { fstatSync } from 'node:fs'
import { addAbortSignal } from 'node:stream'
import { WindlassError } from '../../lib/errors.js'
import { formatExactBytes } from '../../lib/quantities.js'
import type { Terminal } from '../terminal/terminal.js'

/** What is read, for messages, and its maximum size. */
export interface PipedText {
  /** Names the text in messages: `the password`. */
  readonly what: string
  readonly maxBytes: number
  /** Whether the text must not be typed on a terminal, which would show it. */
  readonly secret?: boolean
  readonly hint: string
}

/**
 * Reads stdin to its end.
 * @throws USAGE when stdin is a terminal or a directory, or has more than `maxBytes`; the reason of `signal`
 */
export async function readStdin(
  stdin: Terminal['stdin'],
  { what, maxBytes, secret = false, hint }: PipedText,
  signal?: AbortSignal,
): Promise<string> {
  const failed = `Failed to read ${what}`
  if (stdin.isTTY)
    throw new WindlassError(
      'USAGE',
      `${failed}: stdin is a terminal${secret ? ', which would show it' : ''}`,
      {
        hint,
      },
    )
  // Node reads a directory as an empty stream.
  if (stdin === process.stdin && fstatSync(0).isDirectory())
    throw new WindlassError('USAGE', `${failed}: stdin is a directory`, { hint })
  // The process at the other end of a pipe may never write or close it.
  if (signal) addAbortSignal(signal, stdin)
  const parts: Buffer[] = []
  let bytes = 0
  try {
    for await (const part of stdin) {
      parts.push(Buffer.from(part as Uint8Array | string))
      bytes += parts.at(-1)!.length
      if (bytes > maxBytes)
        throw new WindlassError('USAGE', `${failed}: stdin has more than ${formatExactBytes(maxBytes)}`)
    }
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof WindlassError) throw error
    throw new WindlassError('USAGE', `${failed}: ${String(error)}`, { cause: error })
  }
  return Buffer.concat(parts).toString('utf8')
}
