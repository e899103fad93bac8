/** Reads a password that is piped into a command. */
import { fstatSync } from 'node:fs'
import { addAbortSignal } from 'node:stream'
import { WindlassError } from '../../lib/errors.js'
import { formatExactBytes } from '../../lib/quantities.js'
import type { Terminal } from '../terminal/terminal.js'

/** In bytes. Tokens of some registries have several thousand. */
const maxPasswordBytes = 64 * 1024

/**
 * Reads stdin to its end and returns it without the final line break.
 * @throws USAGE when stdin is a terminal or a directory, is empty, or has more than 64 KiB; the reason of `signal`
 */
export async function readPassword(stdin: Terminal['stdin'], signal?: AbortSignal): Promise<string> {
  if (stdin.isTTY)
    throw new WindlassError(
      'USAGE',
      'Failed to read the password: stdin is a terminal, which would show it',
      {
        hint: 'Pipe it in: windlass … --password-stdin < FILE.',
      },
    )
  // Node reads a directory as an empty stream.
  if (stdin === process.stdin && fstatSync(0).isDirectory())
    throw new WindlassError('USAGE', 'Failed to read the password: stdin is a directory', {
      hint: 'Pipe it in: windlass … --password-stdin < FILE.',
    })
  // The process at the other end of a pipe may never write or close it.
  if (signal) addAbortSignal(signal, stdin)
  const parts: Buffer[] = []
  let bytes = 0
  try {
    for await (const part of stdin) {
      parts.push(Buffer.from(part as Uint8Array | string))
      bytes += parts.at(-1)!.length
      if (bytes > maxPasswordBytes)
        throw new WindlassError(
          'USAGE',
          `Failed to read the password: stdin has more than ${formatExactBytes(maxPasswordBytes)}`,
        )
    }
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof WindlassError) throw error
    throw new WindlassError('USAGE', `Failed to read the password: ${String(error)}`, { cause: error })
  }
  const password = Buffer.concat(parts)
    .toString('utf8')
    .replace(/\r?\n$/, '')
  if (password === '') throw new WindlassError('USAGE', 'Failed to read the password: stdin is empty')
  return password
}
