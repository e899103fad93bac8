/** What a command speaks to: the process's streams and signals, or a test's. */
import type { Readable, Writable } from 'node:stream'
import { exitAtOnce } from '../../lib/system/exit.js'
import type { Messages } from './messages.js'
import { Output } from './output.js'
import { saidBy } from './process-notices.js'

/** Where progress is drawn; the three members are a terminal's own. */
export interface ProgressStream extends Writable {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  /** Results, and nothing else. */
  readonly output: Output
  /** Progress, messages, errors. */
  readonly stderr: ProgressStream
  readonly env: Readonly<NodeJS.ProcessEnv>
  /** Tells `SIGINT`, `SIGTERM` and `SIGHUP`. */
  readonly signals: {
    on(name: NodeJS.Signals, listener: () => void): unknown
    off(name: NodeJS.Signals, listener: () => void): unknown
  }
  /** Ends the process at once. */
  exit(code: number): void
  /** Has the process say what it has to say through `messages`. */
  speakThrough?(messages: Messages): void
}

/** A terminal, and how the command that runs on it says what it has to say. */
export interface Console extends Terminal {
  readonly messages: Messages
}

export function processTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process
  // Nobody reads messages any more: no reason to fail.
  stderr.on('error', () => undefined)
  return {
    stdin,
    output: new Output(stdout),
    stderr,
    env,
    signals: process,
    exit: exitAtOnce,
    speakThrough: saidBy,
  }
}
