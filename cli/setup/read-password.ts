/** Reads a password that is piped into a command. */
import { WindlassError } from '../../lib/errors.js'
import type { Terminal } from '../terminal/terminal.js'
import { readStdin } from './read-stdin.js'

/** The limit of 64 KiB allows for access tokens, which may have several thousand bytes. */
const passwordOnStdin = {
  ...{ what: 'the password', maxBytes: 64 * 1024, secret: true },
  hint: 'Pipe it in: windlass … --password-stdin < FILE.',
}

/**
 * Reads stdin to its end and returns it without the final line break.
 * @throws USAGE when stdin is a terminal or a directory, is empty, or has more than 64 KiB; the reason of `signal`
 */
export async function readPassword(stdin: Terminal['stdin'], signal?: AbortSignal): Promise<string> {
  const password = (await readStdin(stdin, passwordOnStdin, signal)).replace(/\r?\n$/, '')
  if (password === '') throw new WindlassError('USAGE', 'Failed to read the password: stdin is empty')
  return password
}
