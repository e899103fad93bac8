/** Asks for a line on a terminal. */
import { WindlassError } from '../../lib/errors.js'
import type { Terminal } from '../terminal/terminal.js'

/** What to ask for. */
export interface Question {
  /** Text before the cursor: `Password: `. */
  readonly text: string
  /** Whether the terminal must not show what is typed. */
  readonly secret?: boolean
  /** What the answer is, for errors (`the login`). */
  readonly what?: string
}

const [enter, newline, endOfText, endOfTransmission, backspace, del, killLine] = [
  ...['\r', '\n', '\u0003', '\u0004', '\b', '\u007f', '\u0015'],
]

/**
 * Asks a question on stderr and returns the typed line. Keys are read one by one, so that a secret is not shown.
 * @throws USAGE when stdin is no terminal, or the input ends; CANCELLED for Ctrl-C; the reason of `signal`
 */
export async function ask(
  { text, secret = false, what = 'the login' }: Question,
  { stdin, stderr }: Pick<Terminal, 'stdin' | 'stderr'>,
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted()
  if (stdin.isTTY !== true || stdin.setRawMode === undefined)
    throw new WindlassError('USAGE', `Failed to ask for ${what}: stdin is not a terminal`, {
      hint: 'Name the user with --username, and pipe the password in with --password-stdin.',
    })
  stderr.write(text)
  stdin.setRawMode(true)
  try {
    return await readLine({ secret, what }, { stdin, stderr }, signal)
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
    stderr.write('\n')
  }
}

function readLine(
  { secret, what }: Required<Pick<Question, 'secret' | 'what'>>,
  { stdin, stderr }: Pick<Terminal, 'stdin' | 'stderr'>,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const line: string[] = []
    const decoder = new TextDecoder()
    const finish = (settle: () => void): void => {
      stdin.off('data', onData).off('end', onEnd).off('error', onEnd)
      signal.removeEventListener('abort', onAbort)
      settle()
    }
    const erase = (): void => {
      if (line.pop() !== undefined && !secret) stderr.write('\b \b')
    }
    const onAbort = (): void => finish(() => reject(signal.reason))
    const onEnd = (): void =>
      finish(() => reject(new WindlassError('USAGE', `Failed to ask for ${what}: the input has ended`)))
    const onData = (chunk: Buffer): void => {
      for (const key of decoder.decode(chunk, { stream: true })) {
        if (key === enter || key === newline) {
          finish(() => resolve(line.join('')))
          return
        }
        if (key === endOfText) {
          finish(() => reject(new WindlassError('CANCELLED', `Cancelled while asking for ${what}`)))
          return
        }
        if (key === endOfTransmission && line.length === 0) {
          onEnd()
          return
        }
        if (key === backspace || key === del) erase()
        else if (key === killLine) while (line.length > 0) erase()
        else if (key >= ' ') {
          line.push(key)
          if (!secret) stderr.write(key)
        }
      }
    }
    signal.addEventListener('abort', onAbort, { once: true })
    stdin.on('data', onData).on('end', onEnd).on('error', onEnd)
    stdin.resume()
  })
}
