/** The password that is piped into a command. */
import { fstatSync } from 'node:fs'
import { addAbortSignal } from 'node:stream'
import { WindlassError } from '../../lib/errors.js'
import type { Terminal } from '../terminal/terminal.js'

/** Bytes. Tokens of some registries have several thousand. */
const maxPassword = 64 * 1024

/**
 * All that stdin holds, without the line's end.
 * @throws WindlassError USAGE where stdin is a terminal or a directory, or holds nothing or too much; the reason of `signal`
 */
export async function readPassword(stdin: Terminal['stdin'], signal?: AbortSignal): Promise<string> {
  if (stdin.isTTY)
    throw new WindlassError('USAGE', 'Reading the password: stdin is a terminal, which would show it', {
      hint: 'Pipe it in: windlass … --password-stdin < FILE',
    })
  // Node reads one as if it were empty.
  if (stdin === process.stdin && fstatSync(0).isDirectory())
    throw new WindlassError('USAGE', 'Reading the password: stdin is a directory', {
      hint: 'Pipe it in: windlass … --password-stdin < FILE',
    })
  // Whoever holds the other end of a pipe may never write to it, and never close it.
  if (signal) addAbortSignal(signal, stdin)
  const parts: Buffer[] = []
  let bytes = 0
  try {
    for await (const part of stdin) {
      parts.push(Buffer.from(part as Uint8Array | string))
      bytes += parts.at(-1)!.length
      if (bytes > maxPassword)
        throw new WindlassError('USAGE', `Reading the password: stdin holds more than ${maxPassword} bytes`)
    }
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof WindlassError) throw error
    throw new WindlassError('USAGE', `Reading the password: ${String(error)}`, { cause: error })
  }
  const password = Buffer.concat(parts)
    .toString('utf8')
    .replace(/\r?\n$/, '')
  if (password === '') throw new WindlassError('USAGE', 'Reading the password: there is none on stdin')
  return password
}
